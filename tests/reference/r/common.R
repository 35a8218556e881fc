# What the generators share: fits by lavaan, and JSON that records with what it was made.
suppressPackageStartupMessages({
  library(lavaan)
  library(jsonlite)
})

# lavaan's own stopping rule (rel.tol 1e-10 on the discrepancy) leaves search noise in the
# estimates; a reference has to be sharper than what it judges. So sharp a rule lets nlminb report
# "false convergence" at the optimum: convergence is judged by the gradient instead.
CONTROL <- list(rel.tol = 1e-14)
LARGEST_GRADIENT <- 1e-6

made_with <- function(packages) {
  versions <- sapply(packages, function(name) as.character(packageVersion(name)))
  list(R = paste(R.version$major, R.version$minor, sep = "."), packages = as.list(versions),
       control = CONTROL)
}

lavaan_fit <- function(model, data, ...) {
  fit <- suppressWarnings(sem(model, data = data, meanstructure = TRUE, baseline = FALSE,
                              control = CONTROL, optim.force.converged = TRUE, ...))
  stopifnot(max(abs(lavInspect(fit, "gradient"))) < LARGEST_GRADIENT)
  list(parameters = parameter_table(fit), measures = measures(fit),
       r2 = as.list(lavInspect(fit, "rsquare")),
       gradient = max(abs(lavInspect(fit, "gradient"))))
}

parameter_table <- function(fit) {
  table <- as.data.frame(parameterEstimates(fit, remove.nonfree = FALSE))
  table$std <- standardizedSolution(fit, se = FALSE)$est.std
  table <- table[parTable(fit)$free > 0, ]
  table[, c("lhs", "op", "rhs", "est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std")]
}

measures <- function(fit) {
  as.list(unclass(fitMeasures(fit, c("npar", "logl", "aic", "bic", "chisq", "df", "pvalue",
                                     "ntotal"))))
}

write_reference <- function(content, path) {
  writeLines(toJSON(content, digits = NA, auto_unbox = TRUE, pretty = TRUE, dataframe = "columns",
                    na = "null"), path)
}
