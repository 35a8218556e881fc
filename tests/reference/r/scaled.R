# Rscript scaled.R DATA.csv OUT.json
# What robust fits add to those of the other files: scaled and robust CFI, TLI and RMSEA; scaled
# differences of nested models by each method of lavTestLRT; score tests of equality constraints and
# of one candidate in all groups.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
pupils <- read.csv(arguments[1])
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))
democracy <- read.csv(file.path(dirname(arguments[1]), "political_democracy.csv"))

ROBUST_MEASURES <- c(
  "baseline.chisq.scaled", "baseline.chisq.scaling.factor", "cfi.scaled", "tli.scaled",
  "cfi.robust", "tli.robust", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled",
  "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "df", "chisq.scaling.factor"
)
ONE_PATH <- list(
  restricted = "
    cito ~ nscct + 0*education_mother + 0*debt_restructuring
    nscct ~ education_mother + 0*debt_restructuring
  ",
  general = "
    cito ~ nscct + education_mother + 0*debt_restructuring
    nscct ~ education_mother + 0*debt_restructuring
  "
)
TWO_PATHS <- list(
  restricted = "
    cito ~ nscct + 0*education_mother + 0*origin
    nscct ~ education_father
  ",
  general = "
    cito ~ nscct + education_mother + origin
    nscct ~ education_father
  "
)
EQUAL_PATHS <- list(
  restricted = "
    cito ~ nscct + a*education_father + a*education_mother + a*origin
    nscct ~ b*education_father + b*education_mother
  ",
  general = "
    cito ~ nscct + education_father + education_mother + origin
    nscct ~ education_father + education_mother
  "
)
# One factor against two, with the same names: lavaan's method of 2010 matches parameters by them.
UNIT_FACTORS <- "
  visual =~ NA*x1 + x2 + x3
  textual =~ NA*x4 + x5 + x6
  visual ~~ 1*visual
  textual ~~ 1*textual
"
FACTORS <- list(
  restricted = paste(UNIT_FACTORS, "visual ~~ 1*textual"),
  general = UNIT_FACTORS
)
THREE_FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
# Equal loadings, with the parameters that the model of equal intercepts has as well: by name
# lavaan's method of 2010 would find no latent means in the usual text.
LATENT_MEANS <- "
  visual  =~ x1 + c(a, a)*x2 + c(b, b)*x3
  textual =~ x4 + c(c, c)*x5 + c(d, d)*x6
  speed   =~ x7 + c(e, e)*x8 + c(f, f)*x9
  x1 ~ c(i, i)*1
  x4 ~ c(j, j)*1
  x7 ~ c(k, k)*1
  visual  ~ c(0, NA)*1
  textual ~ c(0, NA)*1
  speed   ~ c(0, NA)*1
"
SATURATED <- "cito ~ nscct"
LABELS <- "
  cito ~ nscct + a*education_father + a*education_mother + a*origin
  nscct ~ b*education_father + b*education_mother
"
LOADINGS <- "
  visual  =~ x1 + l*x2 + l*x3
  textual =~ x4 + m*x5 + m*x6
"

robust <- function(model, data, ..., fixed.x = FALSE) {
  lavaan_object(model, data, estimator = "MLR", fixed.x = fixed.x, ...)
}
robust_measures <- function(fit) as.list(unclass(fitMeasures(fit))[ROBUST_MEASURES])

# lavTestLRT warns where a factor is not positive or an information matrix not definite: NA then.
difference <- function(models, data, ...) {
  restricted <- robust(models[["restricted"]], data, ...)
  general <- robust(models[["general"]], data, ...)
  compared(restricted, general)
}
compared <- function(restricted, general) {
  shifted <- quietly(lavTestLRT(general, restricted, method = "satorra.2000"))
  plain <- quietly(lavTestLRT(general, restricted, method = "satorra.2000", scaled.shifted = FALSE))
  list(
    chisq = (fitMeasures(restricted, "chisq") - fitMeasures(general, "chisq"))[[1]],
    df = shifted[2, "Df diff"],
    satorra.bentler.2001 = by_method(restricted, general, "satorra.bentler.2001"),
    satorra.bentler.2010 = by_method(restricted, general, "satorra.bentler.2010"),
    satorra.2000 = c(by_method(restricted, general, "satorra.2000"),
                     list(scale = attr(shifted, "scale")[2], shift = attr(shifted, "shift")[2],
                          chisq.scaled.only = plain[2, "Chisq diff"]))
  )
}
by_method <- function(restricted, general, method) {
  table <- quietly(lavTestLRT(general, restricted, method = method))
  list(chisq.scaled = as.numeric(table[2, "Chisq diff"]),
       pvalue.scaled = as.numeric(table[2, "Pr(>Chisq)"]))
}

schools <- function(equal) robust(THREE_FACTORS, holzinger, group = "school", group.equal = equal)
waves <- function(equal, ...) {
  robust(EQUAL_PATHS[["general"]], pupils, group = "wave", group.equal = equal, ...)
}
clustered_waves <- function(equal) waves(equal, cluster = "school_id")
# Cut so that few schools are left, and the factors go astray.
few <- function(from, rows) pupils[from + seq_len(rows), ]

# lavTestScore has no robust form: it is put together from lavaan's pieces, as in score_tests.R.
released <- function(fit, clusters = NULL) {
  tests <- quietly(lavTestScore(fit, warn = FALSE))
  R <- fit@Model@con.jac[, , drop = FALSE]
  scores <- lavScores(fit, ignore.constraints = TRUE, remove.duplicated = FALSE)
  information <- lavTech(fit, "information.expected") * nrow(scores)
  sums <- if (is.null(clusters)) scores else rowsum(scores, clusters)
  meat <- crossprod(sums) * (if (is.null(clusters)) 1 else nrow(sums) / (nrow(sums) - 1))
  without <- function(rows) {
    wide <- orthogonal(t(R[-rows, , drop = FALSE]))
    score_test(colSums(scores), information, meat, narrow = orthogonal(t(R)), wide = wide)
  }
  each <- lapply(seq_len(nrow(R)), without)
  all <- without(seq_len(nrow(R)))
  mi <- sapply(each, function(test) test$mi)
  stopifnot(all.equal(mi, tests$uni$X2), all.equal(all$mi, tests$test$X2))
  list(lhs = tests$uni$lhs, rhs = tests$uni$rhs, mi = mi,
       mi_robust = sapply(each, function(test) test$mi_robust),
       total = c(all, df = nrow(R)))
}

# lavTestScore adds a text to all groups.
over_groups <- function(fit, text) {
  tests <- quietly(lavTestScore(fit, add = text, warn = FALSE))
  list(text = text, mi = tests$test$X2, df = tests$test$df, each = tests$uni$X2)
}

orthogonal <- function(A) {
  if (ncol(A) == 0) return(diag(nrow(A)))
  lavaan:::lav_matrix_orthogonal_complement(A)
}

# Of what the directions of `wide` hold beyond those of `narrow`, which are taken out.
score_test <- function(score, information, meat, narrow, wide) {
  more <- seq_len(ncol(wide) - ncol(narrow))
  beyond <- svd(wide - narrow %*% crossprod(narrow, wide))$u[, more, drop = FALSE]
  taken <- solve(t(narrow) %*% information %*% narrow, t(narrow) %*% information %*% beyond)
  clear <- beyond - narrow %*% taken
  efficient <- drop(t(clear) %*% score)
  quadratic <- function(V) drop(efficient %*% solve(t(clear) %*% V %*% clear, efficient))
  list(mi = quadratic(information), mi_robust = quadratic(meat))
}

invariance <- lapply(list(configural = "", loadings = "loadings",
                          intercepts = c("loadings", "intercepts")), schools)
two_waves <- lapply(list(free = "", regressions = "regressions",
                         intercepts = c("regressions", "intercepts")), clustered_waves)

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = list(one_path = ONE_PATH, two_paths = TWO_PATHS, equal_paths = EQUAL_PATHS,
                factors = FACTORS, three_factors = THREE_FACTORS, latent_means = LATENT_MEANS,
                base = BASE_MODEL,
                saturated = SATURATED, labels = LABELS, loadings = LOADINGS),
  measures = lapply(list(
    base_cluster = robust(BASE_MODEL, pupils, cluster = "school_id"),
    base_rows = robust(BASE_MODEL, pupils),
    base_conditional = robust(BASE_MODEL, pupils, cluster = "school_id", fixed.x = TRUE),
    one_path = robust(ONE_PATH[["restricted"]], pupils, cluster = "school_id"),
    factors = robust(FACTORS[["restricted"]], holzinger),
    three_factors = robust(THREE_FACTORS, holzinger),
    schools = invariance$intercepts,
    waves = two_waves$regressions,
    saturated = robust(SATURATED, pupils)
  ), robust_measures),
  differences = list(
    one_path = difference(ONE_PATH, pupils, cluster = "school_id"),
    one_path_rows = difference(ONE_PATH, pupils),
    two_paths = difference(TWO_PATHS, pupils, cluster = "school_id"),
    two_paths_conditional = difference(TWO_PATHS, pupils, cluster = "school_id", fixed.x = TRUE),
    equal_paths = difference(EQUAL_PATHS, pupils, cluster = "school_id"),
    equal_paths_conditional = difference(EQUAL_PATHS, pupils, fixed.x = TRUE),
    factors = difference(FACTORS, holzinger),
    undefined = difference(ONE_PATH, few(1400, 320), cluster = "school_id"),
    undefined_2001 = difference(ONE_PATH, few(1400, 240), cluster = "school_id"),
    far = difference(TWO_PATHS, few(1400, 220), cluster = "school_id"),
    far_2010 = difference(ONE_PATH, few(1200, 560), cluster = "school_id")
  ),
  ladders = list(
    schools = list(loadings = compared(invariance$loadings, invariance$configural),
                   intercepts = compared(
                     invariance$intercepts, robust(LATENT_MEANS, holzinger, group = "school"))),
    waves = list(regressions = compared(two_waves$regressions, two_waves$free),
                 intercepts = compared(two_waves$intercepts, two_waves$regressions))
  ),
  over_groups = over_groups(invariance$loadings, "visual =~ x9"),
  released = list(
    labels = released(robust(LABELS, pupils)),
    labels_cluster = released(robust(LABELS, pupils), pupils$school_id),
    loadings = released(robust(LOADINGS, holzinger)),
    schools = released(invariance$loadings)
  )
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
