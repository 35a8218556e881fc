# Rscript base_model.R DATA.csv OUT.json
# The base model on data/base_model.csv, in every variant that oablib.sem offers.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

MODEL <- "
  cito ~ nscct + education_father + education_mother + origin + school_mean_education_mother +
         residence_0_5_years + residence_5_10_years + debt_restructuring
  nscct ~ education_father + education_mother
"
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

data <- read.csv(arguments[1])
reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")), n = nrow(data), model = MODEL,
  covariances_model = COVARIANCES, instruments_model = INSTRUMENTS,
  cluster = lavaan_fit(MODEL, data, estimator = "MLR", cluster = "school_id", fixed.x = FALSE),
  huber_white = lavaan_fit(MODEL, data, estimator = "MLR", fixed.x = FALSE),
  expected = lavaan_fit(MODEL, data, estimator = "ML", fixed.x = FALSE),
  observed = lavaan_fit(MODEL, data, estimator = "ML", information = "observed", fixed.x = FALSE),
  conditional_cluster = lavaan_fit(MODEL, data, estimator = "MLR", cluster = "school_id",
                                   fixed.x = TRUE),
  conditional_expected = lavaan_fit(MODEL, data, estimator = "ML", fixed.x = TRUE),
  covariances = lavaan_fit(COVARIANCES, data, estimator = "MLR", cluster = "school_id",
                           fixed.x = FALSE),
  instruments = lavaan_fit(INSTRUMENTS, data, estimator = "MLR", cluster = "school_id",
                           fixed.x = FALSE)
)
write_reference(reference, arguments[2])
