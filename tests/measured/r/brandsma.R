# Chained equations by mice's pmm, with means of schools among the predictors, and semTools, on the
# pupils of mice's `brandsma` (Brandsma & Knuver, 1989). Arguments: files for the pupils and for the
# pooled paths, imputations, rounds.
suppressPackageStartupMessages({library(mice); library(lavaan); library(semTools)})
arguments <- commandArgs(TRUE)
m <- as.integer(arguments[3])
rounds <- as.integer(arguments[4])
write.csv(brandsma, arguments[1], row.names = FALSE, na = "")
pupils <- brandsma
child <- c("lpo", "iqv", "ses", "sex", "min", "rpg", "iqp", "lpr", "apr", "apo")
of_school <- c("den", "ssi")
unknown <- lapply(pupils, is.na)
school <- match(pupils$sch, unique(pupils$sch))
first <- match(unique(school), school)

mean_of <- function(x) as.vector(rowsum(x, school) / tabulate(school))

impute <- function(seed) {
  set.seed(seed)
  filled <- pupils
  for (v in c(child, of_school)) {
    known <- filled[[v]][!unknown[[v]]]
    filled[[v]][unknown[[v]]] <- sample(known, sum(unknown[[v]]), replace = TRUE)
  }
  for (v in of_school) filled[[v]] <- filled[[v]][first][school]
  for (round in seq_len(rounds)) {
    for (v in child) {
      others <- setdiff(child, v)
      means <- sapply(others, function(o) mean_of(filled[[o]])[school])
      dummies <- sapply(2:4, function(k) as.numeric(filled$den == k))
      x <- cbind(as.matrix(filled[others]), means, dummies, filled$ssi)
      known <- !unknown[[v]]
      if (!all(known)) filled[[v]][!known] <- mice.impute.pmm(filled[[v]], known, x)
    }
    for (v in of_school) {
      means <- sapply(child, function(o) mean_of(filled[[o]]))
      y <- filled[[v]][first]
      known <- !unknown[[v]][first]
      if (v == "den") {
        # All columns would separate the few schools of some denominations.
        x <- cbind(means[, c("lpo", "ses", "iqv", "min")], filled$ssi[first])
        y <- factor(y)
        y[!known] <- mice.impute.polyreg(y, known, x)
        y <- as.numeric(as.character(y))
      } else {
        dummies <- sapply(2:4, function(k) as.numeric(filled$den == k))[first, ]
        y[!known] <- mice.impute.pmm(y, known, cbind(means, dummies))
      }
      filled[[v]] <- y[school]
    }
  }
  filled$minority <- filled$min
  filled$girl <- filled$sex
  for (k in 2:4) filled[[paste0("den_", k)]] <- as.numeric(filled$den == k)
  filled$school_mean_ses <- mean_of(filled$ses)[school]
  filled
}

sets <- lapply(seq_len(m), impute)
text <- "lpo ~ iqv + ses + minority + girl + rpg + den_2 + den_3 + den_4 + school_mean_ses
iqv ~ ses + minority"
fit <- sem.mi(text, sets, cluster = "sch", estimator = "MLR", meanstructure = TRUE, fixed.x = TRUE)
paths <- subset(summary(fit, output = "data.frame"), op == "~")
write.csv(paths[c("lhs", "rhs", "est", "se")], arguments[2], row.names = FALSE)
