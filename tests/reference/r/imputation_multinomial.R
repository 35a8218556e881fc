# Rscript imputation_multinomial.R DATA.csv OUT.json
# Multinomial logits of the mother's education at their mode: weighted by nnet::multinom, with a
# normal prior by optim on the log-posterior written out; and the estimate of mice's .norm.draw
# under a ridge, with the errors that its draws have in theory.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(mice)
  library(nnet)
})

# Of a coefficient other than the constants, which have no prior. nnet's `decay` is no such prior:
# it penalises constants as well, and all columns alike.
PRIOR_SD <- c(Inf, 2.5, 1.25, 0.5)
RIDGE <- 1e-5
PUPILS <- 300 # in the regression: so few that t is not the normal distribution

data <- read.csv(arguments[1])
standard <- function(x) (x - mean(x)) / sd(x)
x <- cbind(1, apply(data[c("cito", "nscct", "education_father")], 2, standard))
commonest <- names(which.max(table(data$education_mother)))
level <- relevel(factor(data$education_mother), ref = commonest)

by_multinom <- function(weights) {
  data$weights <- weights # where multinom looks for it
  fit <- multinom(level ~ x - 1, data = data, weights = weights, maxit = 1e5, reltol = 1e-14,
                  abstol = 1e-14, Hess = TRUE, trace = FALSE)
  list(coefficients = unname(coef(fit)), se = unname(t(matrix(sqrt(diag(solve(fit$Hessian))), ncol(x)))))
}

observed <- model.matrix(~ level - 1)[, -1]
minus_log_posterior <- function(flat, weights) {
  place <- matrix(flat, ncol(observed), byrow = TRUE)
  index <- cbind(0, x %*% t(place))
  row <- rowSums(index[, -1] * observed) - log(rowSums(exp(index)))
  -sum(weights * row) + sum(t(place)^2 / PRIOR_SD^2) / 2
}
minus_slope <- function(flat, weights) {
  place <- matrix(flat, ncol(observed), byrow = TRUE)
  odds <- exp(cbind(0, x %*% t(place)))
  share <- (odds / rowSums(odds))[, -1]
  as.vector(crossprod(x, weights * (share - observed)) + t(place) / PRIOR_SD^2)
}
by_optim <- function(weights) {
  found <- list(par = rep(0, ncol(x) * ncol(observed)))
  # Started anew where it stopped: the first search ends before the last digits.
  for (run in 1:3) {
    found <- optim(found$par, minus_log_posterior, minus_slope, weights = weights, method = "BFGS",
                   hessian = TRUE, control = list(maxit = 1e5, reltol = 1e-16))
  }
  se <- sqrt(diag(solve(found$hessian)))
  list(coefficients = matrix(found$par, ncol(observed), byrow = TRUE),
       se = matrix(se, ncol(observed), byrow = TRUE))
}

# mice's own default is least squares by QR; the ridge is what it takes with ls.meth = "ridge".
regression <- function() {
  rows <- seq_len(PUPILS)
  y <- x[rows, 2]
  own <- x[rows, -2]
  set.seed(1)
  estimate <- mice:::.norm.draw(y, rep(TRUE, PUPILS), own, ls.meth = "ridge", ridge = RIDGE)$coef
  parts <- mice:::estimice(own, y, ls.meth = "ridge", ridge = RIDGE)
  # beta + sigma z with z ~ N(0, v) and sigma^2 = rss / chi2(df): E(1 / chi2) = 1 / (df - 2).
  covariance <- parts$v * sum(parts$r^2) / (parts$df - 2)
  list(rows = PUPILS, estimate = drop(unname(estimate)), covariance = unname(covariance))
}

one <- rep(1, nrow(data))
reference <- list(
  made_with = made_with(c("mice", "nnet", "jsonlite")), term = c("constant", colnames(x)[-1]),
  level = levels(level)[-1], prior_sd = ifelse(is.finite(PRIOR_SD), PRIOR_SD, NA),
  logits = list(multinom = by_multinom(one), multinom_weighted = by_multinom(data$weight),
                prior = by_optim(one), prior_weighted = by_optim(data$weight)),
  regression = regression()
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
