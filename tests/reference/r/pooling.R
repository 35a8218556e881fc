# Rscript pooling.R DATA.csv OUT.json
# Rubin's rules: mice::pool.scalar on stored numbers, mice::pool on regressions of imputed data,
# semTools::runMI on the base model over the same imputations.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(mice)
  library(semTools)
})

MODEL <- "
  cito ~ nscct + education_father + education_mother
  nscct ~ education_father + education_mother
"
IMPUTATIONS <- 5

# Names as in mice, so that who knows mice can read the file.
scalar <- function(estimates, variances, dfcom) {
  pooled <- pool.scalar(Q = estimates, U = variances, n = dfcom + 1, k = 1)
  pooled[c("qbar", "ubar", "b", "t", "df", "r", "fmi")]
}

# Much, more and little difference between imputations; two, five and twelve of them.
CASES <- list(
  list(estimates = c(0.421, 0.433, 0.419, 0.440, 0.427), variances = c(11, 10, 12, 11, 10) / 1e5),
  list(estimates = c(1.2, -0.4, 0.9, 0.1, 0.6), variances = c(0.11, 0.12, 0.10, 0.13, 0.12)),
  list(estimates = c(-3.1, -2.7), variances = c(0.04, 0.05)),
  list(estimates = c(10.2, 10.9, 9.8, 10.4, 10.1, 10.6, 9.9, 10.3, 10.0, 10.7, 10.5, 10.1),
       variances = rep(0.25, 12))
)
DFCOM <- c(20, 149, 1369, 1e6)

pool_cases <- function() {
  lapply(CASES, function(case) {
    pooled <- lapply(DFCOM, function(dfcom) scalar(case$estimates, case$variances, dfcom))
    list(estimates = case$estimates, variances = case$variances,
         dfcom = DFCOM, pooled = do.call(rbind.data.frame, pooled))
  })
}

hide <- function(data) {
  set.seed(20211)
  lost <- plogis(-0.5 - 0.04 * (data$nscct - 100)) > runif(nrow(data))
  data$education_mother[lost] <- NA
  data[, c("cito", "nscct", "education_father", "education_mother")]
}

imputed <- mice(hide(read.csv(arguments[1])), m = IMPUTATIONS, maxit = 3, method = "norm",
                seed = 20212, printFlag = FALSE)
regressions <- with(imputed, lm(cito ~ nscct + education_father + education_mother))
# Four decimals, so that R and Python read the same numbers.
frames <- lapply(complete(imputed, action = "all"),
                 function(frame) transform(frame, education_mother = round(education_mother, 4)))
hidden <- which(is.na(imputed$data$education_mother))
# Gauss-Newton ("GN") reaches the optimum to all digits in this model, nlminb does not.
pooled_sem <- runMI(MODEL, data = frames, fun = "sem", meanstructure = TRUE, fixed.x = FALSE,
                    estimator = "MLR", optim.method = "GN")
# scale.W = FALSE: Rubin's total variance per parameter, not the average relative increase.
sem_table <- as.data.frame(summary(pooled_sem, asymptotic = FALSE, scale.W = FALSE,
                                   output = "data.frame"))

regression_table <- function(pooled) {
  table <- summary(pooled, conf.int = TRUE)
  cbind(table[, c("term", "estimate", "std.error", "statistic", "df", "p.value")],
        ci_lower = table[["2.5 %"]], ci_upper = table[["97.5 %"]],
        pooled$pooled[, c("ubar", "b", "t", "dfcom", "riv", "lambda", "fmi")])
}

reference <- list(
  made_with = made_with(c("mice", "lavaan", "semTools", "jsonlite")),
  scalar = pool_cases(),
  regression = list(
    estimates = t(sapply(regressions$analyses, coef)),
    variances = t(sapply(regressions$analyses, function(fit) diag(vcov(fit)))),
    pooled = regression_table(pool(regressions))
  ),
  sem = list(
    model = MODEL, hidden_rows = hidden,
    imputed_values = unname(lapply(frames, function(frame) frame$education_mother[hidden])),
    pooled = sem_table[sem_table$se > 0, c("lhs", "op", "rhs", "est", "se", "t", "df", "pvalue")]
  )
)
write_reference(reference, arguments[2])
