# Rscript summary.R DATA.csv OUT.json
# What lavaan prints: summary() of fits that oablib prints too, as lines.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
pupils <- read.csv(arguments[1])
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))

BASE <- "
  cito ~ nscct + education_father + education_mother + origin + school_mean_education_mother +
         residence_0_5_years + residence_5_10_years + debt_restructuring
  nscct ~ education_father + education_mother
"
MEDIATION <- "
  cito ~ b*nscct + c*education_mother + origin
  nscct ~ a*education_mother
  indirect := a*b
  total := c + indirect
"
FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
  x1 ~~ x4
"
SATURATED <- "cito ~ nscct"

# Wide enough that no table is broken into two.
options(width = 200)
printed <- function(model, ...) {
  fit <- lavaan_object(model, ...)
  lines <- utils::capture.output(print(
    summary(fit, fit.measures = TRUE, standardized = TRUE, rsquare = TRUE)
  ))
  list(model = model, lines = I(trimws(lines, which = "right")))
}

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  base_cluster = printed(BASE, pupils, estimator = "MLR", cluster = "school_id", fixed.x = FALSE),
  base_conditional = printed(BASE, pupils, estimator = "ML", fixed.x = TRUE),
  mediation_observed = printed(MEDIATION, pupils, estimator = "ML", information = "observed",
                               fixed.x = FALSE),
  saturated = printed(SATURATED, pupils, estimator = "MLR", fixed.x = FALSE),
  factors_in_groups = printed(FACTORS, holzinger, estimator = "MLR", group = "school",
                              group.equal = c("loadings", "intercepts"))
)
write_reference(reference, arguments[2])
