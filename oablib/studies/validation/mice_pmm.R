# Impute codes by mice's pmm, as a user of mice would: every other column a predictor, no school.
# Arguments: table to read, table to write, m, iterations, seed, columns that are categories.
# Writes one row per filled cell: row (from 1), variable, imputation, value.
arguments <- commandArgs(trailingOnly = TRUE)
frame <- read.csv(arguments[1])
for (name in strsplit(arguments[6], ",")[[1]]) frame[[name]] <- factor(frame[[name]])
imputed <- mice::mice(
  frame,
  method = "pmm", m = as.integer(arguments[3]), maxit = as.integer(arguments[4]),
  seed = as.integer(arguments[5]), printFlag = FALSE
)
filled <- Filter(NROW, imputed$imp)
cells <- lapply(names(filled), function(name) {
  values <- filled[[name]]
  data.frame(
    row = as.integer(rownames(values)), variable = name,
    imputation = rep(seq_len(ncol(values)), each = nrow(values)), value = unlist(values)
  )
})
write.csv(do.call(rbind, cells), arguments[2], row.names = FALSE)
