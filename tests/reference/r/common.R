# What the generators share: fits by lavaan, and JSON that records with what it was made.
suppressPackageStartupMessages({
  library(lavaan)
  library(jsonlite)
})

# lavaan's own stopping rule (rel.tol 1e-10 on the discrepancy) leaves search noise in the
# estimates; a reference has to be sharper than what it judges. So sharp a rule lets nlminb report
# "false convergence" near the optimum, 0.004 standard errors off at worst: Newton steps follow.
CONTROL <- list(rel.tol = 1e-14)
NEWTON_STEPS <- 3
# A gradient has units: judged is what one Newton step more would change, in standard errors.
LARGEST_DISTANCE_SE <- 1e-6

# Digits in the longer files: far more than two programs can agree on.
ENOUGH_DIGITS <- I(12)

MEASURES <- c(
  "npar", "logl", "aic", "bic", "bic2", "chisq", "df", "pvalue", "chisq.scaled", "pvalue.scaled",
  "chisq.scaling.factor", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
  "rmsea.ci.upper", "srmr", "ntotal"
)

# The paths of the published base model; columns as in data/base_model.csv.
BASE_MODEL <- "
  cito ~ nscct + education_father + education_mother + origin + school_mean_education_mother +
         residence_0_5_years + residence_5_10_years + debt_restructuring
  nscct ~ education_father + education_mother
"

CONSTRAINTS <- c("==", "<", ">")

made_with <- function(packages) {
  versions <- sapply(packages, function(name) as.character(packageVersion(name)))
  list(R = paste(R.version$major, R.version$minor, sep = "."), packages = as.list(versions),
       control = CONTROL)
}

lavaan_fit <- function(model, data, ...) described(lavaan_object(model, data, ...))

# Groups in alphabetical order: lavaan's own is the order of the rows, which nobody chose.
lavaan_object <- function(model, data, ..., meanstructure = TRUE, group = NULL,
                          control = CONTROL) {
  labels <- if (is.null(group)) NULL else sort(unique(as.character(data[[group]])))
  settings <- list(model = model, data = data, meanstructure = meanstructure, group = group,
                   group.label = labels, control = control, optim.force.converged = TRUE, ...)
  fit <- searched <- quietly(do.call("sem", settings))
  for (step in seq_len(NEWTON_STEPS)) {
    further <- list(start = one_step_further(fit), optim.method = "none", baseline = FALSE)
    fit <- quietly(do.call("sem", c(settings, further)))
  }
  fit@baseline <- searched@baseline # without a search there may be none
  stopifnot(distance_se(fit) < LARGEST_DISTANCE_SE)
  fit
}

# oablib's options by lavaan's names.
settings <- function(options) {
  errors <- if (is.null(options$errors)) "robust" else options$errors
  found <- list(estimator = if (errors == "robust") "MLR" else "ML",
                fixed.x = options$likelihood == "conditional", group = options$group,
                cluster = options$cluster, sampling.weights = options$weights)
  if (errors == "observed") found$information <- "observed"
  if (identical(options$mean_structure, FALSE)) found$meanstructure <- FALSE
  if (length(options$equal)) found$group.equal <- gsub("lv_", "lv.", options$equal)
  found[!vapply(found, is.null, logical(1))]
}

# lavaan warns of the means' size, and prints the matrix that a residual variance of zero is in.
quietly <- function(expression) {
  utils::capture.output(result <- suppressWarnings(expression))
  result
}

one_step_further <- function(fit) {
  table <- parTable(fit)
  free <- table$free[table$free > 0]
  table$start[table$free > 0] <- (coef_all(fit) + newton_step(fit))[free]
  table$est <- NULL
  table
}

coef_all <- function(fit) {
  table <- parTable(fit)
  table$est[table$free > 0][order(table$free[table$free > 0])]
}

newton_step <- function(fit, information = "observed") {
  -drop(inverse_information(fit, information) %*% lavInspect(fit, "gradient"))
}

# The inverse where equality constraints hold, without the rows of their multipliers.
inverse_information <- function(fit, information) {
  free <- seq_len(fit@Model@nx.free)
  lavTech(fit, paste0("inverted.information.", information))[free, free]
}

described <- function(fit) {
  list(parameters = parameter_table(fit), measures = measures(fit), r2 = r2(fit),
       gradient = max(abs(gradient(fit))), distance_se = distance_se(fit))
}

described_with_candidates <- function(fit) {
  c(described(fit), list(modification_indices = modification_indices(fit)))
}

# Derivatives along the parameters that equality constraints leave.
gradient <- function(fit) {
  all <- lavInspect(fit, "gradient")
  if (fit@Model@eq.constraints) drop(t(fit@Model@eq.constraints.K) %*% all) else all
}

distance_se <- function(fit) {
  variances <- diag(inverse_information(fit, "expected")) / lavInspect(fit, "ntotal")
  max(abs(newton_step(fit, "expected")) / sqrt(variances))
}

# Free parameters, what the text fixes (marker loadings too), and what it defines; std and std.se
# are those of standardizedSolution().
parameter_table <- function(fit) {
  kept <- parTable(fit)
  kept <- kept[!kept$op %in% CONSTRAINTS, ]
  kept <- kept$free > 0 | kept$user == 1
  table <- as.data.frame(parameterEstimates(fit, remove.nonfree = FALSE))
  table$label <- own_labels(fit)
  std <- as.data.frame(standardizedSolution(fit))
  stopifnot(nrow(std) == nrow(table), length(kept) == nrow(table))
  table <- cbind(table, std = std$est.std, std.se = std$se)
  with_group(fit, table)[kept, c(
    "lhs", "op", "rhs", if (lavInspect(fit, "ngroups") > 1) "group", "label", "est", "se", "z",
    "pvalue", "ci.lower", "ci.upper", "std", "std.se"
  )]
}

# Without the labels that lavaan makes up for equal classes: .p1. and so on.
own_labels <- function(fit) {
  table <- parTable(fit)
  label <- table$label[!table$op %in% CONSTRAINTS]
  ifelse(grepl("^\\.p", label), "", label)
}

with_group <- function(fit, table) {
  if (lavInspect(fit, "ngroups") > 1) {
    labels <- c("", lavInspect(fit, "group.label"))
    table$group <- labels[table$group + 1]
  }
  table
}

measures <- function(fit) {
  found <- fitMeasures(fit)
  as.list(unclass(found)[intersect(MEASURES, names(found))])
}

# Named "variable.group" in several groups.
r2 <- function(fit) {
  found <- lavInspect(fit, "rsquare")
  if (lavInspect(fit, "ngroups") == 1) return(as.list(found))
  flat <- lapply(names(found), function(group) {
    setNames(found[[group]], paste(names(found[[group]]), group, sep = "."))
  })
  as.list(unlist(flat))
}

modification_indices <- function(fit) {
  table <- with_group(fit, as.data.frame(modindices(fit)))
  table[, intersect(c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.all"), names(table))]
}

# lavTestLRT on two fits of one sample: plain, and scaled as Satorra & Bentler (2001) where both
# fits have a scaled statistic.
likelihood_ratio <- function(restricted, general) {
  plain <- 2 * (fitMeasures(general, "logl") - fitMeasures(restricted, "logl"))[[1]]
  table <- lavTestLRT(general, restricted)
  df <- table[2, "Df diff"]
  result <- list(chisq = plain, df = df, pvalue = pchisq(plain, df, lower.tail = FALSE))
  if (length(restricted@test) > 1) {
    scaled <- table[2, "Chisq diff"]
    result <- c(result, list(chisq.scaled = scaled, pvalue.scaled = table[2, "Pr(>Chisq)"],
                             chisq.scaling.factor = plain / scaled))
  }
  result
}

write_reference <- function(content, path, digits = NA) {
  text <- toJSON(content, digits = digits, auto_unbox = TRUE, pretty = TRUE, na = "null",
                 dataframe = "columns")
  writeLines(text, path)
}
