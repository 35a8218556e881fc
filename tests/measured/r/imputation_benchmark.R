# Rscript imputation_benchmark.R METHOD ITERATIONS FOLDER M
# The imputations of imputation_benchmark_parts as mice makes them; prints one line of JSON.
seconds <- list()
timed <- function(name, expression) {
  start <- proc.time()[["elapsed"]]
  force(expression)
  seconds[[name]] <<- proc.time()[["elapsed"]] - start
  invisible(expression)
}

timed("importing", suppressPackageStartupMessages({
  library(mice)
  library(nnet)
}))
arguments <- commandArgs(trailingOnly = TRUE)
method <- arguments[1]
folder <- arguments[3]

timed("reading", {
  roles <- jsonlite::fromJSON(file.path(folder, "incomplete.json"))
  data <- read.csv(file.path(folder, "incomplete.csv"))
})
# Factors, also those to impute: pmm takes the numbers of their levels. Standardised numbers, as
# oablib's are: nnet then comes nearer to the mode in the 100 steps that mice gives it. No school_id.
data[c(roles$imputed, roles$categories)] <- lapply(data[c(roles$imputed, roles$categories)], factor)
data[roles$numbers] <- lapply(data[roles$numbers], function(x) as.numeric(scale(x)))
data <- data[c(roles$imputed, roles$categories, roles$numbers)]
settings <- list(data, m = as.integer(arguments[4]), maxit = as.integer(arguments[2]),
                 method = method, seed = 1, printFlag = FALSE)
# nnet refuses more than 1,000 weights, mice 1,500.
if (method == "polyreg") settings$nnet.MaxNWts <- 10000

timed("imputing", imputed <- do.call(mice, settings))

versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  "R's BLAS" = basename(extSoftVersion()[["BLAS"]]),
  mice = as.character(packageVersion("mice")),
  nnet = as.character(packageVersion("nnet"))
)
shares <- lapply(imputed$imp[roles$imputed], function(cells) {
  levels <- factor(unlist(lapply(cells, as.character)), levels(data[[roles$imputed[1]]]))
  as.numeric(table(levels)) / length(levels)
})
facts <- list(
  unknown = sum(is.na(data[roles$imputed])), shares = shares,
  columns = ncol(model.matrix(~ ., data[setdiff(names(data), roles$imputed[1])])),
  logged = if (is.null(imputed$loggedEvents)) 0 else nrow(imputed$loggedEvents)
)
cat(jsonlite::toJSON(list(seconds = seconds, facts = facts, versions = versions),
                     auto_unbox = TRUE, digits = NA), "\n")
