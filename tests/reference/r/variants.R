# Rscript variants.R DATA.csv OUT.json
# The variants of a selection on variants.csv beside DATA.csv: scale values by lm, each variant by
# lavaan with predictors random and given, and against all paths of all variables.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

data <- read.csv(file.path(dirname(arguments[1]), "variants.csv"))

# Categories become points of the outcome: base model of 2021, section 3.1 of the report.
regression <- lm(cito ~ relevel(factor(education_father), "4") + relevel(factor(education_mother), "4") +
                   relevel(factor(origin), "1") + I(residence_mother == 1) + I(residence_mother == 2) +
                   debt_restructuring, data = data)
scaled <- function(name, reference, sign) {
  found <- coef(regression)
  start <- paste0("relevel(factor(", name, "), \"", reference, "\")")
  own <- found[startsWith(names(found), start)]
  values <- setNames(own, substring(names(own), nchar(start) + 1))
  values <- sign * c(values, setNames(0, reference))
  unname(values[as.character(data[[name]])])
}
columns <- data.frame(
  school_id = data$school_id, cito = data$cito, nscct = data$nscct,
  education_father = scaled("education_father", "4", 1),
  education_mother = scaled("education_mother", "4", 1),
  origin = scaled("origin", "1", -1),
  residence_0_5_years = as.numeric(data$residence_mother == 1),
  residence_5_10_years = as.numeric(data$residence_mother == 2),
  debt_restructuring = data$debt_restructuring,
  household_income = data$household_income, neighbourhood_income = data$neighbourhood_income,
  neighbourhood_incidents = data$neighbourhood_incidents,
  extremely_urban = as.numeric(data$urbanity == 1), strongly_urban = as.numeric(data$urbanity == 2),
  hardly_urban = as.numeric(data$urbanity == 4), not_urban = as.numeric(data$urbanity == 5),
  status_labour = as.numeric(data$residence_status == 1),
  status_family = as.numeric(data$residence_status == 2),
  status_asylum = as.numeric(data$residence_status == 3),
  status_other = as.numeric(data$residence_status == 5)
)
columns$school_mean_education_mother <- ave(columns$education_mother, columns$school_id)

education <- c("education_father", "education_mother")
neighbourhood <- c("neighbourhood_income", "neighbourhood_incidents", "extremely_urban",
                   "strongly_urban", "hardly_urban", "not_urban")
stay <- c("residence_0_5_years", "residence_5_10_years", "status_labour", "status_family",
          "status_asylum", "status_other")
# The sub-models of the plan of 2015 are regressions: nothing is left out of the mediator's equation.
direct <- list(
  base = c(education, "origin", "school_mean_education_mother", "residence_0_5_years",
           "residence_5_10_years", "debt_restructuring"),
  ocw_1 = c(education, "household_income"),
  ocw_2 = c(education, "origin"),
  ocw_3 = c(education, "origin", "household_income"),
  ocw_4 = c(education, "origin", "household_income", neighbourhood),
  ocw_5 = c(education, "household_income", neighbourhood, stay),
  ocw_6 = c("origin", "household_income", neighbourhood),
  ocw_7 = c("origin", "household_income", neighbourhood, stay)
)
indirect <- direct
indirect$base <- education
everything <- unique(unlist(direct))

# A variable without path is in the data all the same.
text <- function(own_direct, own_indirect, all) {
  terms <- function(used) paste(ifelse(all %in% used, all, paste0("0*", all)), collapse = " + ")
  paste0("cito ~ nscct + ", terms(own_direct), "\nnscct ~ ", terms(own_indirect))
}
likelihood <- function(model, fixed.x) {
  as.list(fitMeasures(lavaan_object(model, columns, estimator = "ML", fixed.x = fixed.x),
                      c("npar", "logl", "aic", "bic", "chisq", "df", "pvalue")))
}
variants <- lapply(setNames(names(direct), names(direct)), function(name) {
  own <- text(direct[[name]], indirect[[name]], direct[[name]])
  fit <- lavaan_object(own, columns, estimator = "ML", fixed.x = FALSE)
  share <- lavInspect(fit, "rsquare")[["cito"]]
  n <- nrow(columns)
  without <- lm(reformulate(direct[[name]], "cito"), data = columns)
  list(
    joint = likelihood(own, FALSE), given = likelihood(own, TRUE),
    all_paths = likelihood(text(direct[[name]], indirect[[name]], everything), TRUE),
    r2_adjusted = 1 - (1 - share) * (n - 1) / (n - 2 - length(direct[[name]])),
    r2_adjusted_without_mediator = summary(without)$adj.r.squared
  )
})
reference <- list(made_with = made_with(c("lavaan", "jsonlite")), n = nrow(columns),
                  variants = variants)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
