# Rscript random_models.R DATA.csv OUT.json
# The models of random_models.json beside DATA.csv, which make_models.py drew.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

folder <- dirname(arguments[1])
models <- fromJSON(file.path(folder, "random_models.json"), simplifyDataFrame = FALSE)

fitted <- lapply(models, function(model) {
  data <- read.csv(file.path(folder, paste0(model$data, ".csv")))
  fit <- do.call("lavaan_object", c(list(model = model$text, data = data), settings(model$options)))
  described_with_candidates(fit)
})
write_reference(list(made_with = made_with(c("lavaan", "jsonlite")), fits = fitted), arguments[2],
                digits = ENOUGH_DIGITS)
