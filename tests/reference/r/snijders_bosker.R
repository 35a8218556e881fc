# Rscript snijders_bosker.R DATA.csv OUT.json
# The flow on 2,287 real pupils (mlmRev::bdf; Snijders & Bosker, 1999): scale values of the
# school's denomination, school mean of ses, base model. Computed here without oablib.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

MODEL <- "
  lang_post ~ iq_verb + ses + minority + sex + repeated_grades + denomination + school_mean_ses
  iq_verb ~ ses + minority
"

read_pupils <- function(path) {
  raw <- read.csv(path)
  names(raw) <- gsub("_", ".", names(raw)) # copies of the data differ in IQ.verb and IQ_verb
  data.frame(
    school = raw$schoolNR, lang_post = raw$langPOST, iq_verb = raw$IQ.verb, ses = raw$ses,
    minority = as.numeric(raw$Minority == "Y"), sex = raw$sex, repeated_grades = raw$repeatgr,
    denomination_code = raw$denomina
  )
}

scale_values <- function(pupils) {
  regression <- lm(lang_post ~ ses + minority + sex + repeated_grades +
                     relevel(factor(denomination_code), ref = "1"), data = pupils)
  dummies <- tail(coef(regression), length(unique(pupils$denomination_code)) - 1)
  names(dummies) <- sub(".*\\)", "", names(dummies))
  c("1" = 0, dummies)
}

pupils <- read_pupils(arguments[1])
values <- scale_values(pupils)
pupils$denomination <- unname(values[as.character(pupils$denomination_code)])
pupils$school_mean_ses <- ave(pupils$ses, pupils$school)
reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")), n = nrow(pupils), model = MODEL,
  schools = length(unique(pupils$school)), scale_values = as.list(values),
  cluster = lavaan_fit(MODEL, pupils, estimator = "MLR", cluster = "school", fixed.x = FALSE),
  conditional = lavaan_fit(MODEL, pupils, estimator = "MLR", cluster = "school", fixed.x = TRUE)
)
write_reference(reference, arguments[2])
