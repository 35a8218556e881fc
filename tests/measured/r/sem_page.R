# Rscript sem_page.R FOLDER
# Runs FOLDER/code.R, the R code of docs/sem.md, and writes what its objects hold to
# FOLDER/results.json. FOLDER/models.json has the model texts.
suppressPackageStartupMessages({
  library(jsonlite)
  library(lavaan)
  library(semTools)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
texts <- fromJSON(file.path(folder, "models.json"))
for (name in names(texts)) assign(name, texts[[name]])

stored <- fromJSON("tests/reference/stored/pooling.json")$sem
frames <- lapply(seq_len(nrow(stored$imputed_values)), function(i) {
  frame <- read.csv("tests/reference/data/base_model.csv")
  frame$education_mother[stored$hidden_rows] <- stored$imputed_values[i, ]
  frame
})

# lavaan warns of the size of means; semTools tells of corrections that it makes.
utils::capture.output(suppressMessages(suppressWarnings(
  source(file.path(folder, "code.R"), local = FALSE)
)))

table <- function(fit) as.data.frame(parameterEstimates(fit, standardized = TRUE))
quiet <- function(expression) {
  utils::capture.output(result <- suppressMessages(suppressWarnings(expression)))
  result
}
ratio <- lavTestLRT(free, equal)
joint <- quiet(lavTestScore(fit, add = "nscct ~ residence_0_5_years + residence_5_10_years"))
pooled_table <- quiet(as.data.frame(summary(
  pooled, asymptotic = FALSE, scale.W = FALSE, fmi = TRUE, output = "data.frame"
)))
pooled_ratio <- quiet(
  lavTestLRT.mi(impute(small), impute(without), test = "D3", asymptotic = FALSE)
)
pooled_mi <- quiet(as.data.frame(modindices.mi(impute(wider), test = "D2")))

results <- list(
  versions = list(
    R = paste(R.version$major, R.version$minor, sep = "."),
    lavaan = as.character(packageVersion("lavaan")),
    semTools = as.character(packageVersion("semTools"))
  ),
  fit = table(fit),
  measures = as.list(unclass(fitMeasures(fit))),
  r2 = as.list(lavInspect(fit, "rsquare")),
  modification_indices = as.data.frame(modindices(fit)),
  joint = joint$test,
  equal = table(equal),
  ratio = list(chisq = ratio[2, "Chisq diff"], df = ratio[2, "Df diff"],
               p = ratio[2, "Pr(>Chisq)"]),
  effects = table(effects),
  weighted = table(weighted),
  pooled = pooled_table,
  pooled_ratio = as.list(pooled_ratio),
  pooled_mi = pooled_mi
)
json <- toJSON(results, digits = I(12), auto_unbox = TRUE, na = "null", dataframe = "columns",
               force = TRUE)
writeLines(json, file.path(folder, "results.json"))
