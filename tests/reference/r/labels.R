# Rscript labels.R DATA.csv OUT.json
# Labels, equal and fixed parameters, start values, and what `:=` defines: indirect and total
# effects with errors by the delta method, and their intervals by simulation.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

TEXTS <- list(
  mediation = "
    cito ~ b*nscct + c1*education_father + c2*education_mother + origin
    nscct ~ a1*education_father + a2*education_mother
    indirect_father := a1*b
    indirect_mother := a2*b
    total_father := c1 + a1*b
    total_mother := c2 + indirect_mother
  ",
  functions = "
    cito ~ b*nscct + c*education_mother
    nscct ~ a*education_mother
    ratio := (a*b)/(c + a*b)
    squares := a^2 - 2*b^2
    odds := exp(c) - sqrt(b)
  ",
  equal = "
    cito ~ nscct + a*education_father + a*education_mother + origin
    nscct ~ b*education_father + b*education_mother
    difference := a - b
  ",
  equal_variances = "
    education_father ~ origin
    education_mother ~ origin
    education_father ~~ v*education_father
    education_mother ~~ v*education_mother
    education_father ~~ education_mother
    education_father ~ m*1
    education_mother ~ m*1
  ",
  fixed = "
    cito ~ 0.4*nscct + education_mother
    nscct ~ education_mother
    cito ~ 495*1
    nscct ~~ 150*nscct
  ",
  start_values = "
    cito ~ start(0.4)*nscct + education_mother
    nscct ~ start(1)*education_mother
  "
)
DRAWS <- 1e6

intervals <- function(fit, seed) {
  set.seed(seed)
  names <- c("a1", "a2", "b", "c1", "c2")
  root <- chol(vcov(fit)[names, names])
  drawn <- sweep(matrix(rnorm(DRAWS * length(names)), DRAWS) %*% root, 2, coef(fit)[names], "+")
  colnames(drawn) <- names
  drawn <- as.data.frame(drawn)
  effects <- with(drawn, data.frame(
    indirect_father = a1 * b, indirect_mother = a2 * b,
    total_father = c1 + a1 * b, total_mother = c2 + a2 * b
  ))
  data.frame(name = names(effects), lower = sapply(effects, quantile, 0.025, names = FALSE),
             upper = sapply(effects, quantile, 0.975, names = FALSE))
}

data <- read.csv(arguments[1])
clustered <- function(text) {
  lavaan_object(text, data, estimator = "MLR", cluster = "school_id", fixed.x = FALSE)
}
reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = TEXTS,
  texts = lapply(TEXTS, function(text) described(clustered(text))),
  mediation_conditional = lavaan_fit(TEXTS$mediation, data, estimator = "MLR", fixed.x = TRUE),
  modification_indices_equal = modification_indices(clustered(TEXTS$equal)),
  intervals = intervals(clustered(TEXTS$mediation), seed = 20213)
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
