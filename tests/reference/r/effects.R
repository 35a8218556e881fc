# Rscript effects.R DATA.csv OUT.json
# Direct effects in two waves at once with Wald tests that they are equal, and with a mediator
# whose test is measured with error: a latent variable with one indicator.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
pupils <- read.csv(arguments[1])

DIRECT <- c("education_father", "education_mother", "origin", "school_mean_education_mother",
            "residence_0_5_years", "residence_5_10_years", "debt_restructuring")
RELIABILITIES <- c(0.7, 0.8, 0.9, 1)
variance <- mean((pupils$nscct - mean(pupils$nscct))^2)

labelled <- function(letters) paste0("c(", letters, "1, ", letters, "2)*", DIRECT, collapse = " + ")
LETTERS_OF <- paste0("p", seq_along(DIRECT), "_")
waves_text <- paste("cito ~ nscct +", labelled(LETTERS_OF))
waves <- lavaan_object(waves_text, pupils, group = "wave", fixed.x = FALSE, estimator = "MLR",
                       cluster = "school_id")
wald <- function(letters) {
  test <- lavTestWald(waves, paste0(letters, "1 == ", letters, "2", collapse = "\n"))
  list(chi2 = test$stat, df = test$df, p = test$p.value)
}
by_path <- setNames(lapply(LETTERS_OF, wald), DIRECT)

latent_text <- function(reliability) {
  error <- sprintf("%.17g", (1 - reliability) * variance)
  direct <- paste(DIRECT, collapse = " + ")
  paste0("without_error =~ 1*nscct\nnscct ~~ ", error, "*nscct\ncito ~ without_error + ", direct,
         "\nwithout_error ~ ", direct)
}
latent <- lapply(RELIABILITIES, function(reliability) {
  lavaan_fit(latent_text(reliability), pupils, fixed.x = FALSE, estimator = "MLR",
             cluster = "school_id")$parameters
})

reference <- list(
  made_with = made_with("lavaan"),
  waves_model = waves_text, waves = described(waves)$parameters, by_path = by_path,
  joint = wald(LETTERS_OF), reliabilities = RELIABILITIES, latent = latent
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
