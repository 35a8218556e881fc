# Rscript formed.R DATA.csv OUT.json
# Squares, products and natural splines by lm and splines::ns, in both steps: scale values of the
# mother's education, then the equation of cito with that education as a number.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(splines))

KNOTS <- c(25, 50, 75, 120)
GRID <- c(15, 30, 50, 70, 100, 200)

data <- read.csv(file.path(dirname(arguments[1]), "variants.csv"))
data$single_parent <- as.numeric(data$household_type == 3)
data$level <- relevel(factor(data$education_mother), ref = "4")
TERMS <- "age + I((age - 11.5)^2) + single_parent + I((age - 11.5) * single_parent)"
CURVE <- "ns(household_income, knots = KNOTS[2:3], Boundary.knots = KNOTS[c(1, 4)])"

first <- lm(as.formula(paste("cito ~ level +", TERMS, "+", CURVE)), data)
values <- c(0, coef(first)[grep("^level", names(coef(first)))])
names(values) <- c("4", sub("level", "", names(values)[-1]))
data$mother <- values[as.character(data$education_mother)]
second <- lm(as.formula(paste(
  "cito ~ nscct + mother + I(mother * (age - 11.5)) +", TERMS, "+", CURVE
)), data)

# The curve at GRID against its first value, which no basis changes.
at <- data[rep(1, length(GRID)), ]
at$household_income <- GRID
columns <- model.matrix(delete.response(terms(second)), at)
difference <- sweep(columns, 2, columns[1, ])
named <- setdiff(names(coef(second)), grep("^ns\\(", names(coef(second)), value = TRUE))

reference <- list(
  made_with = made_with(c("jsonlite")), n = nrow(data), knots = KNOTS, grid = GRID,
  scale_values = as.list(values),
  effects = as.list(coef(second)[named]), errors = as.list(sqrt(diag(vcov(second)))[named]),
  curve = drop(difference %*% coef(second)),
  curve_errors = sqrt(rowSums((difference %*% vcov(second)) * difference)),
  log_likelihood = as.numeric(logLik(second))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
