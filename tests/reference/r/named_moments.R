# Rscript named_moments.R DATA.csv OUT.json
# Texts that name a variance, mean or covariance of a variable that nothing explains: lavaan takes
# such a variable out of its default block, whatever fixed.x says.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

data <- read.csv(arguments[1])
paths <- "nscct ~ education_father + education_mother\ncito ~ nscct + education_father + origin"
named <- c(
  variance = "education_father ~~ education_father",
  mean = "origin ~ 1",
  mean_fixed = "origin ~ 0.5*1",
  variance_fixed = "origin ~~ 0.2*origin",
  covariance = "education_father ~~ education_mother",
  covariance_fixed = "education_father ~~ 0*origin",
  covariance_labelled = "education_father ~~ a*origin + b*education_mother\nboth := a + b",
  all_variances = "education_father ~~ education_father
    education_mother ~~ education_mother
    origin ~~ origin",
  equal_variances = "education_father ~~ v*education_father\neducation_mother ~~ v*education_mother",
  all_covariances = "education_father ~~ education_mother + origin\neducation_mother ~~ origin",
  with_residual = "nscct ~~ origin",
  with_outcome = "cito ~~ education_mother",
  explains_nothing = "debt_restructuring ~~ origin"
)
options <- list(
  list(likelihood = "joint"),
  list(likelihood = "conditional", errors = "expected")
)
more <- list(
  list(text = paste(paths, named[["covariance_fixed"]], sep = "\n"),
       options = list(likelihood = "joint", mean_structure = FALSE)),
  list(text = paste(paths, named[["covariance"]], sep = "\n"),
       options = list(likelihood = "conditional", mean_structure = FALSE)),
  list(text = paste(paths, named[["variance"]], sep = "\n"),
       options = list(likelihood = "joint", cluster = "school_id")),
  list(text = paste(paths, named[["covariance"]], sep = "\n"),
       options = list(likelihood = "joint", group = "wave", equal = c("residuals", "intercepts"))),
  list(text = "ability =~ nscct + cito + education_mother
    ability ~ education_father + origin
    education_mother ~~ origin",
       options = list(likelihood = "conditional"))
)
crossed <- unlist(lapply(unname(named), function(line) {
  lapply(options, function(chosen) list(text = paste(paths, line, sep = "\n"), options = chosen))
}), recursive = FALSE)

fitted <- lapply(c(crossed, more), function(model) {
  fit <- do.call("lavaan_object", c(list(model = model$text, data = data), settings(model$options)))
  c(model, described(fit))
})
write_reference(list(made_with = made_with(c("lavaan", "jsonlite")), fits = fitted), arguments[2],
                digits = ENOUGH_DIGITS)
