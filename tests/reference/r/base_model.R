# Rscript base_model.R DATA.csv OUT.json
# The base model on data/base_model.csv, in every variant that oablib.sem offers.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

# Residual covariance, a fixed path and two outcomes that nothing else depends on.
COVARIANCES <- "
  cito ~ education_father + 0.5*education_mother + origin
  nscct ~ education_father + education_mother
  debt_restructuring ~ origin
  nscct ~~ 0*debt_restructuring
"
# Errors of both equations correlate: no equation is an ordinary regression.
INSTRUMENTS <- "
  cito ~ nscct + origin
  nscct ~ education_father + education_mother
  cito ~~ nscct
"
UNCORRELATED <- "
  cito ~ nscct + origin
  nscct ~ education_father + education_mother
"

data <- read.csv(arguments[1])
fit <- function(model, ...) lavaan_object(model, data, ...)
clustered <- function(model, fixed.x = FALSE) {
  fit(model, estimator = "MLR", cluster = "school_id", fixed.x = fixed.x)
}

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")), n = nrow(data), model = BASE_MODEL,
  covariances_model = COVARIANCES, instruments_model = INSTRUMENTS,
  uncorrelated_model = UNCORRELATED,
  cluster = described_with_candidates(clustered(BASE_MODEL)),
  huber_white = described(fit(BASE_MODEL, estimator = "MLR", fixed.x = FALSE)),
  expected = described(fit(BASE_MODEL, estimator = "ML", fixed.x = FALSE)),
  observed = described(fit(BASE_MODEL, estimator = "ML", information = "observed", fixed.x = FALSE)),
  conditional_cluster = described_with_candidates(clustered(BASE_MODEL, fixed.x = TRUE)),
  conditional_expected = described(fit(BASE_MODEL, estimator = "ML", fixed.x = TRUE)),
  covariances = described_with_candidates(clustered(COVARIANCES)),
  instruments = described_with_candidates(clustered(INSTRUMENTS)),
  uncorrelated = described_with_candidates(clustered(UNCORRELATED)),
  likelihood_ratio = likelihood_ratio(clustered(UNCORRELATED), clustered(INSTRUMENTS))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
