# Rscript weights.R DATA.csv OUT.json
# Sampling weights by lavaan (scaled to the number of rows), and the equation of cito alone by the
# package survey, which owes nothing to lavaan.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(survey))

MODEL <- "
  cito ~ nscct + education_father + education_mother + origin
  nscct ~ education_father + education_mother
"
data <- read.csv(arguments[1])

weighted <- function(..., fixed.x = FALSE) {
  lavaan_object(MODEL, data, estimator = "MLR", sampling.weights = "weight", fixed.x = fixed.x, ...)
}

equation <- function(ids) {
  design <- svydesign(ids = ids, weights = ~weight, data = data)
  fit <- svyglm(cito ~ nscct + education_father + education_mother + origin, design = design)
  list(rhs = names(coef(fit)), est = unname(coef(fit)), se = unname(SE(fit)))
}

waves <- function(normalization) {
  described(weighted(cluster = "school_id", group = "wave", group.equal = "regressions",
                     sampling.weights.normalization = normalization))
}

reference <- list(
  made_with = made_with(c("lavaan", "survey", "jsonlite")), n = nrow(data), model = MODEL,
  huber_white = described_with_candidates(weighted()),
  cluster = described(weighted(cluster = "school_id")),
  conditional_cluster = described(weighted(cluster = "school_id", fixed.x = TRUE)),
  # lavaan's default; "group" takes away what the weights say about the sizes of the groups.
  waves_total = waves("total"),
  waves_group = waves("group"),
  survey = list(rows = equation(~1), schools = equation(~school_id))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
