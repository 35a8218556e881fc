# Rscript pooling_tests.R DATA.csv OUT.json
# Pooled tests: mitml's D1 to D4, mitools::MIcombine, mice::pool.r.squared, and semTools' pooled
# likelihood ratios and score tests. The imputations are those that pooling.R has stored.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(mice)
  library(mitml)
  library(mitools)
  library(semTools)
})

OUTCOME <- "cito ~ nscct + education_father + education_mother + origin + school_mean_education_mother
"
MODELS <- list(
  small = paste0(OUTCOME, "nscct ~ education_father"),
  middle = paste0(OUTCOME, "nscct ~ education_father + education_mother"),
  large = paste0(OUTCOME, "nscct ~ education_father + education_mother + origin
nscct ~ school_mean_education_mother")
)
PAIRS <- list(c("small", "middle"), c("middle", "large"), c("small", "large"))
CANDIDATES <- list("nscct ~ education_mother", "nscct ~ origin",
                   c("nscct ~ origin", "nscct ~ school_mean_education_mother"),
                   c("nscct ~ education_mother", "nscct ~ origin"))

stored <- fromJSON(file.path(dirname(arguments[2]), "pooling.json"))$sem
frames <- lapply(seq_len(nrow(stored$imputed_values)), function(i) {
  frame <- read.csv(arguments[1])
  frame$education_mother[stored$hidden_rows] <- stored$imputed_values[i, ]
  frame
})

# Formulas on invented numbers: much and little between imputations, both sides of t = 4.
wald_case <- function(k, m, spread, df_complete) {
  estimates <- matrix(rnorm(k * m, mean = 0.3, sd = spread), k, m)
  root <- array(rnorm(k * k * m, sd = 0.05), c(k, k, m))
  covariances <- array(apply(root, 3, function(x) crossprod(x) + diag(0.04, k)), c(k, k, m))
  known <- if (is.finite(df_complete)) df_complete
  d1 <- mitml:::.D1(estimates, covariances, df.com = known)
  statistics <- sapply(seq_len(m), function(i)
    drop(estimates[, i] %*% solve(covariances[, , i], estimates[, i])))
  d2 <- mitml:::.D2(statistics, k)
  list(estimates = t(estimates), covariances = aperm(covariances, c(3, 1, 2)),
       df_complete = if (is.finite(df_complete)) df_complete else NA,
       statistics = statistics, d1 = lapply(d1, drop), d2 = lapply(d2, drop))
}
set.seed(20213)
SIZES <- list(list(1, 5, 0.1, Inf), list(1, 12, 0.3, Inf), list(2, 3, 0.2, Inf),
              list(3, 5, 0.02, Inf), list(4, 10, 0.5, Inf), list(2, 5, 0.1, 149),
              list(3, 20, 0.3, 40), list(1, 12, 0.1, 2000))
wald_cases <- lapply(SIZES, function(size) do.call(wald_case, unname(size)))

# Regressions: mitml on lm, whose likelihoods mitml itself evaluates and stacks.
formulas <- list(general = cito ~ nscct + education_father + education_mother + origin,
                 restricted = cito ~ nscct + education_father)
regressions <- lapply(formulas, function(formula)
  lapply(frames, function(frame) do.call("lm", list(formula, data = frame))))
ratio <- function(evaluate, field) {
  both <- lapply(regressions, function(fits) evaluate(fits)[[field]])
  2 * (both$general - both$restricted)
}
test_row <- function(...) {
  row <- suppressWarnings(testModels(regressions$general, regressions$restricted, ...))$test
  setNames(as.list(row), c("F", "df1", "df2", "p", "riv"))
}
extra <- c("education_mother", "origin")
stacked_logliks <- mitml:::.evaluateStackedLogLik(regressions$general)
regression <- list(
  complete = ratio(mitml:::.evaluateUserLogLik, "LL"),
  constrained = ratio(mitml:::.evaluateUserLogLik, "LL.pooled"),
  stacked = ratio(mitml:::.evaluateStackedLogLik, "LL.stacked")[1],
  general_gap = 2 * (mean(stacked_logliks$LL) - stacked_logliks$LL.stacked[1]),
  general_parameters = stacked_logliks$df,
  estimates = t(sapply(regressions$general, function(fit) coef(fit)[extra])),
  covariances = aperm(sapply(regressions$general, function(fit) vcov(fit)[extra, extra],
                             simplify = "array"), c(3, 1, 2)),
  df_complete = df.residual(regressions$general[[1]]),
  tests = list(
    d1 = test_row(method = "D1"),
    d1_small = test_row(method = "D1", df.com = df.residual(regressions$general[[1]])),
    d2_wald = test_row(method = "D2", use = "wald"),
    d2 = test_row(method = "D2", use = "likelihood"),
    d3 = test_row(method = "D3"),
    d4 = test_row(method = "D4"),
    d4_robust = test_row(method = "D4", ariv = "robust")
  )
)

combined <- MIcombine(lapply(regressions$general, coef), lapply(regressions$general, vcov))
mitools <- list(
  estimates = t(sapply(regressions$general, coef)),
  covariances = aperm(sapply(regressions$general, vcov, simplify = "array"), c(3, 1, 2)),
  pooled = list(est = unname(coef(combined)), covariance = unname(vcov(combined)),
                df = unname(combined$df), fmi = unname(combined$missinfo))
)

# von Hippel's rule as howManyImputations 0.2.5 has it; the package is not in Debian.
recommended <- expand.grid(fmi = c(0.01, 0.1, 0.4, 0.7), m = c(5, 20), cv = c(0.05, 0.1))
recommended$imputations <- with(recommended, ceiling(
  1 + (plogis(qlogis(fmi) + qnorm(0.975) * sqrt(2 / m)) / cv)^2 / 2))

full <- lapply(frames, function(frame) lm(cito ~ nscct + education_father + education_mother
                                          + origin + school_mean_education_mother, data = frame))
noise <- lapply(frames, function(frame) lm(nscct ~ education_mother, data = frame))
r_squared <- function(fits) {
  both <- lapply(c(FALSE, TRUE), function(adjusted) {
    as.list(setNames(pool.r.squared(as.mira(fits), adjusted = adjusted)[1, ],
                     c("est", "lower", "upper", "fmi")))
  })
  list(r2 = sapply(fits, function(fit) summary(fit)$r.squared),
       r2_adjusted = sapply(fits, function(fit) summary(fit)$adj.r.squared),
       pooled = setNames(both, c("r2", "r2_adjusted")))
}

# Gauss-Newton reaches the optimum to all digits in these models; nlminb stops 0.007 standard
# errors short of it, which differences of likelihoods magnify.
SETTINGS <- list(meanstructure = TRUE, fixed.x = FALSE, optim.method = "GN")
pooled_fit <- function(model, estimator) do.call(
  "runMI", c(list(model, data = frames, fun = "sem", estimator = estimator), SETTINGS))
pooled <- lapply(MODELS, pooled_fit, estimator = "ML")
# do.call, so that mitml can update the call wherever it stands.
own_fit <- function(model, frame) do.call("sem", c(list(model, data = frame), SETTINGS))
own_fits <- lapply(MODELS, function(model) lapply(frames, own_fit, model = model))
pooled_robust <- lapply(MODELS, pooled_fit, estimator = "MLR")
lrt_scaled <- function(pair, method) as.list(lavTestLRT.mi(
  pooled_robust[[pair[1]]], pooled_robust[[pair[2]]], test = "D2", pool.robust = TRUE,
  asymptotic = FALSE, method = method))
# By the method of 2010 lavaan has NA where the general model is saturated, and semTools stops.
SCALED_METHODS <- c("satorra.bentler.2001", "satorra.2000")
lrt <- function(pair, test) as.list(lavTestLRT.mi(pooled[[pair[1]]], pooled[[pair[2]]], test = test,
                                                  asymptotic = FALSE))
stacked <- lapply(MODELS, own_fit, frame = do.call(rbind, frames))
stacked_loglik <- sapply(stacked, function(fit) as.numeric(logLik(fit)) / length(frames))
own_loglik <- lapply(own_fits, sapply, function(fit) as.numeric(logLik(fit)))

d4 <- function(pair) {
  test <- suppressWarnings(testModels(own_fits[[pair[2]]], own_fits[[pair[1]]], method = "D4",
                                      data = frames))$test
  setNames(as.list(test), c("F", "df1", "df2", "p", "riv"))
}
pairs <- lapply(PAIRS, function(pair)
  list(restricted = pair[1], general = pair[2], d2 = lrt(pair, "D2"), d3 = lrt(pair, "D3"),
       d2_scaled = sapply(SCALED_METHODS, lrt_scaled, pair = pair, simplify = FALSE),
       d4 = d4(pair)))
# The saturated model has no test, and semTools gives its criteria only along with one.
criteria <- lapply(pooled[c("small", "middle")], function(fit) {
  at <- lavTestLRT.mi(fit, test = "D3", asymptotic = TRUE)
  as.list(at[c("npar", "ntotal", "logl", "aic", "bic", "bic2")])
})

score <- function(terms, test, scale) {
  out <- suppressWarnings(lavTestScore.mi(pooled$small, add = paste(terms, collapse = "\n"),
                                          test = test, scale.W = scale, asymptotic = FALSE,
                                          univariate = TRUE, epc = TRUE))
  as.list(out$test[c("F", "df1", "df2", "p.value", "ariv", "fmi")])
}
own_index <- function(terms) sapply(own_fits$small, function(fit)
  lavTestScore(fit, add = paste(terms, collapse = "\n"), information = "expected")$test$X2)
# modindices.mi(test = "D1") frees all terms at once with a generalised inverse that drops what it
# takes for rounding; the D1 of one term at a time above is free of that.
indices <- as.data.frame(modindices.mi(pooled$small, test = "D2", information = "expected"))
indices <- indices[indices$lhs == "nscct" & indices$op == "~", c("rhs", "mi", "riv", "epc",
                                                                "sepc.all")]
scores <- lapply(CANDIDATES, function(terms)
  list(terms = I(terms), mi = own_index(terms), d1 = score(terms, "D1", FALSE),
       d1_scaled = score(terms, "D1", TRUE), d2 = score(terms, "D2", FALSE)))

robust <- pooled_robust$middle
scaled_table <- as.data.frame(summary(robust, asymptotic = FALSE, scale.W = TRUE,
                                      output = "data.frame"))
reference <- list(
  made_with = made_with(c("mice", "mitml", "mitools", "lavaan", "semTools", "jsonlite")),
  wald = wald_cases, regression = regression, mitools = mitools, recommended = recommended,
  r_squared = list(cito = r_squared(full), nscct = r_squared(noise)),
  sem = list(
    models = MODELS, own_loglik = own_loglik, stacked_loglik = as.list(stacked_loglik),
    pairs = pairs, criteria = criteria,
    scores = scores, modindices = indices,
    scaled = scaled_table[scaled_table$se > 0, c("lhs", "op", "rhs", "est", "se")],
    ariv = unname(getMethod("vcov", "lavaan.mi")(robust, type = "ariv"))
  )
)
write_reference(reference, arguments[2])
