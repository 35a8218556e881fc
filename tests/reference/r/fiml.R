# Rscript fiml.R DATA.csv OUT.json
# Full-information maximum likelihood of data with missing values: lavaan's missing = "ml".
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
pupils <- read.csv(arguments[1])
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))

# Which values are taken out: those of row i (from 0) with i %% modulus < below. The moduli have no
# common factor, so that every combination of missing values occurs.
HOLES <- list(
  few = list(education_father = c(3, 1), nscct = c(7, 1)),
  many = list(education_father = c(5, 3), education_mother = c(7, 4), origin = c(11, 1),
              cito = c(13, 1), nscct = c(9, 1)),
  # lavaan counts the weight of rows without any value, so that none may be there.
  three = list(education_father = c(5, 3), education_mother = c(7, 4), cito = c(13, 1)),
  tests = list(x1 = c(4, 1), x4 = c(5, 1), x5 = c(7, 2), x8 = c(3, 1)),
  # Every value of some rows is unknown.
  rows = list(x1 = c(20, 3), x2 = c(20, 2), x3 = c(20, 2), x7 = c(20, 2), x8 = c(20, 2),
              x9 = c(20, 4))
)
hide <- function(data, name) {
  row <- seq_len(nrow(data)) - 1
  for (column in names(HOLES[[name]])) {
    rule <- HOLES[[name]][[column]]
    data[[column]][row %% rule[1] < rule[2]] <- NA
  }
  data
}

REGRESSION <- "cito ~ nscct + education_father"
THREE_FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
TWO_FACTORS <- "
  visual =~ x1 + x2 + x3
  speed  =~ x7 + x8 + x9
  speed ~ visual
"
PATHS <- "
  cito ~ nscct + education_father + education_mother + origin
  nscct ~ education_father + education_mother
"
NO_MOTHER <- "
  cito ~ nscct + education_father + 0*education_mother + origin
  nscct ~ education_father + education_mother
"

SCALED <- c("baseline.chisq.scaled", "baseline.chisq.scaling.factor", "cfi.scaled", "tli.scaled",
            "rmsea.scaled")

# lavaan stops the search for the unrestricted moments at a change of 1e-5; means of 535 leave 1e-10.
EM_TOLERANCE <- 1e-8

fit <- function(model, data, holes, ..., fixed.x = FALSE) {
  lavaan_object(model, hide(data, holes), missing = "ml", fixed.x = fixed.x,
                em.h1.tol = EM_TOLERANCE, em.h1.iter.max = 5000, ...)
}
clustered <- function(model, holes, ...) {
  fit(model, pupils, holes, estimator = "MLR", cluster = "school_id", ...)
}
waves <- function(equal, ...) {
  clustered(PATHS, "many", group = "wave", group.equal = equal, ...)
}

described_patterns <- function(fit, candidates = FALSE) {
  patterns <- lavInspect(fit, "patterns")
  fit@Options$missing <- "listwise" # or fitMeasures() takes long for measures that are not used
  count <- if (is.list(patterns)) sapply(patterns, nrow) else nrow(patterns)
  found <- if (candidates) described_with_candidates(fit) else described(fit)
  every <- fitMeasures(fit)
  c(found, list(patterns = I(unname(count)),
                scaled = as.list(unclass(every)[intersect(SCALED, names(every))])))
}

base <- clustered(BASE_MODEL, "many")
paths <- clustered(PATHS, "many")
no_mother <- clustered(NO_MOTHER, "many")
wave_fits <- list(free = waves(""), regressions = waves("regressions"))

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")), holes = HOLES,
  models = list(regression = REGRESSION, base = BASE_MODEL, three_factors = THREE_FACTORS,
                two_factors = TWO_FACTORS, paths = PATHS, no_mother = NO_MOTHER),
  regression = described_patterns(fit(REGRESSION, pupils, "few", estimator = "MLR")),
  regression_observed = described_patterns(fit(REGRESSION, pupils, "few", estimator = "ML")),
  regression_conditional = described_patterns(
    fit(REGRESSION, pupils, "few", estimator = "MLR", fixed.x = TRUE)
  ),
  base = described_patterns(base, candidates = TRUE),
  base_conditional = described_patterns(clustered(BASE_MODEL, "many", fixed.x = TRUE)),
  paths = described_patterns(paths),
  no_mother = described_patterns(no_mother, candidates = TRUE),
  three_factors = described_patterns(fit(THREE_FACTORS, holzinger, "tests", estimator = "MLR"),
                                     candidates = TRUE),
  three_factors_observed = described_patterns(
    fit(THREE_FACTORS, holzinger, "tests", estimator = "ML")
  ),
  three_factors_expected = described_patterns(
    fit(THREE_FACTORS, holzinger, "tests", estimator = "ML", information = "expected")
  ),
  two_factors_empty_rows = described_patterns(
    fit(TWO_FACTORS, holzinger, "rows", estimator = "MLR")
  ),
  schools = described_patterns(fit(
    THREE_FACTORS, holzinger, "tests", estimator = "MLR", group = "school",
    group.equal = c("loadings", "intercepts")
  )),
  waves = described_patterns(wave_fits$free),
  waves_regressions = described_patterns(wave_fits$regressions),
  weighted = described_patterns(clustered(PATHS, "three", sampling.weights = "weight")),
  likelihood_ratios = list(
    # Its satorra.2000 comes out in millions with missing values.
    no_mother = c(likelihood_ratio(no_mother, paths), bentler_2010 = lavTestLRT(
      paths, no_mother, method = "satorra.bentler.2010"
    )[2, "Chisq diff"]),
    waves = likelihood_ratio(wave_fits$regressions, wave_fits$free)
  )
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
