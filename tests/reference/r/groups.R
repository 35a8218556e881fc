# Rscript groups.R DATA.csv OUT.json
# Several groups: levels of invariance of the classic three factors over schools, of the base model
# over waves (in which schools are nested), and texts with one value or label per group.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))
pupils <- read.csv(arguments[1])

THREE_FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
PATHS <- "
  cito ~ nscct + education_father + education_mother + origin
  nscct ~ education_father + education_mother
"
PER_GROUP <- "
  cito ~ c(b, b)*nscct + c(0.5, NA)*education_mother + c(e1, e2)*origin
  nscct ~ c(a1, a2)*education_mother
  difference := a1*b - a2*b
"
LATENT_AND_OBSERVED <- "
  visual =~ x1 + x2 + x3
  x9 ~ visual + ageyr
  x1 ~~ x9
"
INVARIANCE <- list(
  configural = "",
  loadings = "loadings",
  intercepts = c("loadings", "intercepts"),
  residuals = c("loadings", "intercepts", "residuals"),
  latent_moments = c("loadings", "intercepts", "residuals", "lv.variances", "lv.covariances",
                     "means")
)
WAVES <- list(
  free = "",
  regressions = "regressions",
  intercepts = c("regressions", "intercepts"),
  residuals = c("regressions", "intercepts", "residuals")
)

schools <- function(equal, ...) {
  lavaan_object(THREE_FACTORS, holzinger, group = "school", group.equal = equal, fixed.x = FALSE,
                ...)
}
waves <- function(equal, model = PATHS, fixed.x = FALSE, ...) {
  lavaan_object(model, pupils, group = "wave", group.equal = equal, fixed.x = fixed.x, ...)
}
clustered <- function(...) waves(..., estimator = "MLR", cluster = "school_id")

# Each level against the one before it.
ladder <- function(fits) {
  steps <- lapply(seq_along(fits)[-1], function(i) likelihood_ratio(fits[[i]], fits[[i - 1]]))
  setNames(steps, names(fits)[-1])
}

robust_schools <- lapply(INVARIANCE, schools, estimator = "MLR")
plain_schools <- lapply(INVARIANCE[c("loadings", "intercepts")], schools, estimator = "ML")
robust_waves <- lapply(WAVES, clustered)
everything <- c("loadings", "intercepts", "regressions", "residuals", "residual.covariances")

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = list(three_factors = THREE_FACTORS, paths = PATHS, per_group = PER_GROUP,
                latent_and_observed = LATENT_AND_OBSERVED),
  schools = lapply(robust_schools, described),
  schools_expected = lapply(plain_schools, described),
  schools_no_means = lavaan_fit(THREE_FACTORS, holzinger, group = "school", estimator = "ML",
                                group.equal = "loadings", meanstructure = FALSE),
  waves_cluster = lapply(robust_waves, described),
  waves_huber_white = described(waves("regressions", estimator = "MLR")),
  waves_observed = described(waves("regressions", estimator = "ML", information = "observed")),
  waves_conditional = described(clustered("regressions", fixed.x = TRUE)),
  per_group = described(clustered("", model = PER_GROUP)),
  latent_and_observed = lavaan_fit(LATENT_AND_OBSERVED, holzinger, estimator = "MLR",
                                   fixed.x = FALSE, group = "school", group.equal = everything),
  modification_indices = list(
    schools = modification_indices(robust_schools$loadings),
    waves = modification_indices(robust_waves$regressions)
  ),
  likelihood_ratios = list(schools = ladder(robust_schools), waves_cluster = ladder(robust_waves))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
