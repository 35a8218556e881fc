# Rscript raking.R DATA.csv OUT.json
# Weights that give the pupils of the file other margins than they have, by survey::rake.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(survey))

# survey stops where a margin is this near; sharper than what the test asks.
CLOSE <- 1e-10
MOST_ROUNDS <- 1000

data <- read.csv(arguments[1])
data$wave <- factor(data$wave)
data$origin <- factor(data$origin)
data$debt <- factor(data$debt_restructuring)

# Margins by a rule: shares of the file, tilted by the number of the category.
tilted <- function(name) {
  shares <- as.numeric(table(data[[name]])) * seq(1, 2, length.out = nlevels(data[[name]]))
  total <- data.frame(levels(data[[name]]), nrow(data) * shares / sum(shares))
  setNames(total, c(name, "Freq"))
}
margins <- list(tilted("wave"), tilted("origin"), tilted("debt"))
design <- svydesign(ids = ~1, weights = ~1, data = data)
raked <- rake(design, list(~wave, ~origin, ~debt), margins,
              control = list(maxit = MOST_ROUNDS, epsilon = CLOSE))

reference <- list(
  made_with = made_with(c("survey", "jsonlite")), n = nrow(data),
  margins = lapply(margins, function(each) {
    list(name = names(each)[1], category = as.character(each[[1]]), share = each$Freq / nrow(data))
  }),
  weights = unname(weights(raked))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
