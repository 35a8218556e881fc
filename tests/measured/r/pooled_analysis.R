# Rscript pooled_analysis.R FOLDER M
# The pooled analysis of benchmark_parts.pooled as semTools does it; prints one line of JSON.
# As plain as its manual shows it: sem.mi, summary, lavTestScore.mi.
seconds <- list()
timed <- function(name, expression) {
  start <- proc.time()[["elapsed"]]
  force(expression)
  seconds[[name]] <<- proc.time()[["elapsed"]] - start
  invisible(expression)
}

timed("importing", suppressPackageStartupMessages(library(semTools)))
arguments <- commandArgs(trailingOnly = TRUE)

MODEL <- "
  cito ~ nscct + education_father + education_mother + origin + school_mean_education_mother +
    residence_0_5_years + residence_5_10_years + debt_restructuring
  nscct ~ education_father + education_mother
"
CANDIDATES <- paste("nscct ~", c(
  "origin", "school_mean_education_mother", "residence_0_5_years", "residence_5_10_years",
  "debt_restructuring"
))

files <- file.path(arguments[1], sprintf("imputed_%d.csv", seq_len(as.integer(arguments[2]))))
timed("reading", frames <- lapply(files, read.csv))
timed("fitting", fit <- suppressWarnings(
  sem.mi(MODEL, data = frames, estimator = "MLR", cluster = "school_id", fixed.x = FALSE,
         meanstructure = TRUE)
))
# Rubin's total variance for each parameter, and t: what oablib's pooled table holds.
timed("pooled table", table <- summary(fit, asymptotic = FALSE, scale.W = FALSE,
                                       output = "data.frame"))
# One call for all: with test = "D2" it fits every model again, and once more for each call.
timed("candidates", tests <- suppressWarnings(
  lavTestScore.mi(fit, add = CANDIDATES, test = "D2")
))

versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  "R's BLAS" = basename(extSoftVersion()[["BLAS"]]),
  lavaan = as.character(packageVersion("lavaan")),
  semTools = as.character(packageVersion("semTools"))
)
facts <- list(parameters = as.list(as.data.frame(table)[c("lhs", "op", "rhs", "est", "se")]),
              d2 = tests$uni[["F"]])
cat(jsonlite::toJSON(list(seconds = seconds, facts = facts, versions = versions),
                     auto_unbox = TRUE, digits = NA), "\n")
