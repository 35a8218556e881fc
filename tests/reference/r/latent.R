# Rscript latent.R DATA.csv OUT.json
# Latent variables: two classics that lie beside DATA.csv, and texts that leave much to defaults.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))
democracy <- read.csv(file.path(dirname(arguments[1]), "political_democracy.csv"))

THREE_FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
UNIT_VARIANCE <- "
  visual  =~ NA*x1 + x2 + x3
  textual =~ NA*x4 + x5 + x6
  speed   =~ NA*x7 + x8 + x9
  visual  ~~ 1*visual
  textual ~~ 1*textual
  speed   ~~ 1*speed
"
# Bollen (1989), p. 332.
BOLLEN <- "
  ind60 =~ x1 + x2 + x3
  dem60 =~ y1 + y2 + y3 + y4
  dem65 =~ y5 + y6 + y7 + y8
  dem60 ~ ind60
  dem65 ~ ind60 + dem60
  y1 ~~ y5
  y2 ~~ y4 + y6
  y3 ~~ y7
  y4 ~~ y8
  y6 ~~ y8
"
# The loadings are those of 1960; effects by `:=`.
BOLLEN_EQUAL <- "
  ind60 =~ x1 + x2 + x3
  dem60 =~ y1 + a*y2 + b*y3 + c*y4
  dem65 =~ y5 + a*y6 + b*y7 + c*y8
  dem60 ~ first*ind60
  dem65 ~ direct*ind60 + second*dem60
  y1 ~~ y5
  y2 ~~ y4 + y6
  y3 ~~ y7
  y4 ~~ y8
  y6 ~~ y8
  indirect := first*second
  total := direct + indirect
"
TEXTS <- list(
  # A latent and an observed predictor: lavaan leaves them uncorrelated.
  latent_and_observed_predictor = "
    visual =~ x1 + x2 + x3
    textual =~ x4 + x5 + x6
    textual ~ visual + ageyr
  ",
  observed_outcome_of_latent = "
    visual =~ x1 + x2 + x3
    x9 ~ visual + ageyr
    x8 ~ visual
  ",
  covariance_of_latent_and_observed = "
    visual =~ x1 + x2 + x3
    x9 ~ visual + ageyr
    visual ~~ ageyr
  ",
  single_indicator_known_error = "
    speed =~ x9
    x9 ~~ 0.3*x9
    textual =~ x4 + x5 + x6
    textual ~ speed
  ",
  single_indicator = "
    speed =~ x9
    textual =~ x4 + x5 + x6
    textual ~ speed
  ",
  second_order = "
    visual  =~ x1 + x2 + x3
    textual =~ x4 + x5 + x6
    speed   =~ x7 + x8 + x9
    general =~ visual + textual + speed
  ",
  causes_and_indicators = "
    textual =~ x4 + x5 + x6
    textual ~ sex + ageyr + x1
  ",
  # x4, x5 and x7 stand in no equation.
  outside_equations = "
    x1 ~ x2 + x3
    x4 ~~ x5
    x7 ~ 1
  ",
  non_recursive = "
    x4 ~ a*x7 + b*x5 + sex
    x7 ~ c*x4 + d*x8 + ageyr
    total_x5_on_x7 := b*c/(1 - a*c)
  ",
  latent_mean = "
    visual =~ x1 + x2 + x3
    textual =~ x4 + x5 + x6
    x1 ~ 0*1
    visual ~ 1
  ",
  fixed_mean = "
    visual =~ x1 + x2 + x3
    x2 ~ 6*1
    x4 ~ visual
    x4 ~ 3*1
  ",
  start_values = "
    visual =~ x1 + start(0.5)*x2 + start(0.7)*x3
    x9 ~ start(0.4)*visual + ageyr
  "
)

fit <- function(model, data, ...) {
  described_with_candidates(lavaan_object(model, data, fixed.x = FALSE, ...))
}
fit_plain <- function(model, data, ...) {
  described(lavaan_object(model, data, fixed.x = FALSE, estimator = "ML", ...))
}

# MLR means a mean structure; its parts do not. Asked for by its parts, the scaled test would take
# the information of the saturated model (observed.information "h1") where MLR takes the Hessian.
robust_without_means <- function() {
  fit_plain(THREE_FACTORS, holzinger, se = "robust.huber.white", test = "yuan.bentler.mplus",
            observed.information = c("hessian", "hessian"), meanstructure = FALSE)
}

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = c(list(three_factors = THREE_FACTORS, unit_variance = UNIT_VARIANCE, bollen = BOLLEN,
                  bollen_equal = BOLLEN_EQUAL), TEXTS),
  three_factors = fit(THREE_FACTORS, holzinger, estimator = "MLR"),
  three_factors_observed = fit_plain(THREE_FACTORS, holzinger, information = "observed"),
  three_factors_expected = fit_plain(THREE_FACTORS, holzinger),
  three_factors_no_means = fit(THREE_FACTORS, holzinger, estimator = "ML", meanstructure = FALSE),
  three_factors_no_means_robust = robust_without_means(),
  unit_variance = fit(UNIT_VARIANCE, holzinger, estimator = "MLR"),
  bollen = fit(BOLLEN, democracy, estimator = "MLR"),
  bollen_observed = fit_plain(BOLLEN, democracy, information = "observed"),
  bollen_expected = fit_plain(BOLLEN, democracy),
  bollen_equal = fit(BOLLEN_EQUAL, democracy, estimator = "MLR"),
  bollen_equal_observed = fit_plain(BOLLEN_EQUAL, democracy, information = "observed"),
  bollen_equal_expected = fit_plain(BOLLEN_EQUAL, democracy),
  bollen_equal_no_means = fit_plain(BOLLEN_EQUAL, democracy, meanstructure = FALSE),
  likelihood_ratio = likelihood_ratio(
    lavaan_object(BOLLEN_EQUAL, democracy, fixed.x = FALSE, estimator = "MLR"),
    lavaan_object(BOLLEN, democracy, fixed.x = FALSE, estimator = "MLR")
  ),
  texts = lapply(TEXTS, fit, data = holzinger, estimator = "MLR"),
  texts_conditional = lapply(TEXTS[c("latent_and_observed_predictor", "causes_and_indicators")],
    function(text) described(lavaan_object(text, holzinger, fixed.x = TRUE, estimator = "MLR")))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
