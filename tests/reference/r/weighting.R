# Rscript weighting.R DATA.csv OUT.json
# Pupils of whom a part is made unknown, weighted to stand for all: response model by glm,
# calibration by postStratify, means by svymean, each of the package survey but the first.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(survey))

RULE <- list(small_school = 13, minimum_known = 5, trim = 2)

data <- read.csv(arguments[1])
set.seed(2015)
chance <- plogis(-0.2 + 0.04 * (data$cito - 535) - 0.6 * (data$origin != 0) + 0.5 * (data$wave == 2))
data$known <- rbinom(nrow(data), 1, chance)
common <- names(which.max(table(data$wave)))
data <- within(data, {
  wave <- relevel(factor(wave), ref = common)
  origin_group <- relevel(factor(origin), ref = "0")
  school_cito <- ave(cito, school_id)
  school_nscct <- ave(nscct, school_id)
  school_origin <- ave(as.numeric(origin != 0), school_id)
  children <- ave(known, school_id, FUN = length)
  known_children <- ave(known, school_id, FUN = sum)
  small <- children < RULE$small_school | known_children < RULE$minimum_known
  cell <- ifelse(small, "pool", as.character(school_id))
  cell_children <- ave(known, cell, FUN = length)
})

response <- glm(
  known ~ wave + cito + nscct + origin_group + residence_0_5_years + residence_5_10_years +
    debt_restructuring + school_cito + school_nscct + school_origin,
  family = binomial, data = data, control = glm.control(epsilon = 1e-15, maxit = 100)
)
data$raw <- 1 / fitted(response)
sample <- subset(data, known == 1)
sample$raw <- pmin(sample$raw, RULE$trim * median(sample$raw))
design <- svydesign(ids = ~1, weights = ~raw, data = sample)
totals <- as.data.frame(table(cell = data$cell))
sample$final <- weights(postStratify(design, ~cell, totals))

strata <- svydesign(ids = ~1, strata = ~cell, weights = ~final, fpc = ~cell_children, data = sample)
means <- svyby(~education_mother, ~cell, strata, svymean)

reference <- list(
  made_with = made_with(c("survey", "jsonlite")), rule = RULE, known = data$known,
  response = list(term = names(coef(response)), est = unname(coef(response)),
                  se = unname(sqrt(diag(vcov(response))))),
  chances = unname(fitted(response)), weights = unname(sample$final),
  means = list(cell = means$cell, mean = means$education_mother, se = means$se)
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
