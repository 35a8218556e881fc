# Rscript imputation_draws.R DATA.csv OUT.json
# What levels and donors are drawn from: chances of a multinomial logit by nnet::multinom, which
# mice's polyreg calls, with their curvature; and how often mice's matchindex, which its pmm calls,
# takes each donor.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(mice)
  library(nnet)
})

DRAWS <- 10000
# Minus the log-likelihood gets `decay` times the squares: a normal prior of sd 1 / sqrt(2 decay).
DECAY <- 0.08
ROWS <- 5
DONORS <- 3
# Two at one place, of whom one target (-0.7) is near enough for one only.
DONORS_AT <- c(-2.1, -1.3, -0.2, 0, 0, 0.45, 0.5, 1.75, 4.5)
TARGETS <- c(-9, -0.7, 0.1, 1.1, 3, 9)

data <- read.csv(arguments[1])
standard <- function(x) (x - mean(x)) / sd(x)
ordered <- levels(factor(data$education_mother))
data <- within(data, {
  z_cito <- standard(cito)
  z_father <- standard(education_father)
  # Nobody of the second level is foreign: without a prior its coefficient has no end.
  foreign <- as.numeric(origin != 0 & education_mother != as.numeric(ordered[2]))
  level <- relevel(factor(education_mother), ref = names(which.max(table(education_mother))))
})

logit <- function() {
  fit <- multinom(level ~ z_cito + z_father + foreign, data = data, weights = weight,
                  decay = DECAY, Hess = TRUE, maxit = 1e5, reltol = 1e-16, abstol = 1e-16,
                  trace = FALSE)
  # The Hessian is that of the log-likelihood, without the prior.
  list(decay = DECAY, coefficients = unname(coef(fit)), hessian = unname(fit$Hessian),
       chances = unname(fitted(fit)[seq_len(ROWS), ordered]))
}

# Share of each donor, a row per target. Each call mixes the donors anew.
matching <- function() {
  set.seed(12)
  chosen <- replicate(DRAWS, mice:::matchindex(DONORS_AT, TARGETS, DONORS))
  share <- t(apply(chosen, 1, tabulate, nbins = length(DONORS_AT))) / DRAWS
  list(draws = DRAWS, donors_at = DONORS_AT, targets = TARGETS, donors = DONORS, share = share)
}

reference <- list(made_with = made_with(c("mice", "nnet", "jsonlite")), logit = logit(),
                  matching = matching())
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
