# Rscript make_data.R
# Write two data sets that come with lavaan as CSV, so that R and Python read identical numbers.
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
store <- function(data, name) {
  write.csv(data, file.path(here, "data", name), row.names = FALSE, quote = FALSE, eol = "\n")
}

holzinger <- lavaan::HolzingerSwineford1939
store(holzinger[, c("id", "school", "sex", "ageyr", paste0("x", 1:9))], "holzinger_swineford.csv")
store(lavaan::PoliticalDemocracy, "political_democracy.csv")
