# Rscript score_tests.R DATA.csv OUT.json
# Modification indices that survive clustering. lavaan has none, so they are put together from
# lavaan's own pieces: the model extended by the candidate (fixed at zero), casewise scores and
# expected information. Score s of the candidate with the other parameters swept out:
# s = G S with G = [-I21 I11^-1, I]; mi = s' (n V)^-1 s with V = I22 - I21 I11^-1 I12;
# robust: s' (G J G')^-1 s with J the products of the scores, summed per school and times
# G/(G-1), or per pupil.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

# Here cito ~~ nscct can be distinguished from cito ~ nscct.
INSTRUMENTS <- "
  cito ~ nscct + origin
  nscct ~ education_father + education_mother
"
EQUAL <- "
  cito ~ nscct + a*education_father + a*education_mother
  nscct ~ education_father + origin
"
THREE_FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
CANDIDATES <- list(
  base = c("nscct ~ origin", "nscct ~ school_mean_education_mother", "nscct ~ debt_restructuring",
           "nscct ~ cito", "origin ~ nscct", "nscct ~ origin + debt_restructuring"),
  instruments = c("cito ~~ nscct", "cito ~ education_mother",
                  "cito ~ education_father + education_mother"),
  equal = c("nscct ~ education_mother", "cito ~ origin"),
  three_factors = c("visual =~ x9", "x7 ~~ x8", "textual =~ x1 + x3")
)
ADDED <- 10L # lavaan's mark of added parameters

products <- function(scores, clusters) {
  if (is.null(clusters)) return(crossprod(scores))
  sums <- rowsum(scores, clusters)
  nrow(sums) / (nrow(sums) - 1) * crossprod(sums)
}

# All that modindices() adds, and the candidate, which it may not list. Only added together do the
# rows keep lavaan's order of variables: origin ~ nscct alone compares them with the wrong moments.
extended_by <- function(fit, terms) {
  full <- lavaan:::lav_partable_full(fit@ParTable, lavpta = fit@pta, free = TRUE, start = TRUE)
  unlisted <- terms[!addresses(terms) %in% addresses(full), ]
  if (nrow(unlisted) > 0) {
    full <- rbind(full, cbind(unlisted, block = 1L, group = 1L, level = 1L, free = 0L, start = 0))
  }
  lavaan:::lav_object_extended(fit, add = transform(full, free = 1L, user = ADDED), all.free = TRUE)
}

addresses <- function(table) paste(table$lhs, table$op, table$rhs)

score_test <- function(fit, text, clusters) {
  terms <- lavParseModelString(text, as.data.frame. = TRUE)[, c("lhs", "op", "rhs")]
  extended <- extended_by(fit, terms)
  table <- parTable(extended)
  table <- table[table$free > 0, ]
  added <- table$free[match(addresses(terms), addresses(table))]
  own <- table$free[table$user != ADDED]
  scores <- lavScores(extended, ignore.constraints = TRUE, remove.duplicated = FALSE)
  n <- nrow(scores)
  information <- lavTech(extended, "information.expected") * n
  sweep_out <- -information[added, own] %*% inverse_information(fit, "expected") / n
  scores <- scores[, added, drop = FALSE] + scores[, own] %*% t(sweep_out)
  information <- information[added, added, drop = FALSE] + sweep_out %*% information[own, added]
  s <- colSums(scores)
  statistic <- function(meat) drop(s %*% solve(meat, s))
  meats <- list(huber_white = products(scores, NULL))
  if (!is.null(clusters)) meats$cluster <- products(scores, clusters)
  list(
    text = text, lhs = I(terms$lhs), op = I(terms$op), rhs = I(terms$rhs), df = length(added),
    score = I(unname(s)),
    information = unname(information), epc = I(drop(solve(information, s))),
    mi = statistic(information), meat = lapply(meats, unname), mi_robust = lapply(meats, statistic)
  )
}

score_tests <- function(fit, candidates, clusters = NULL) {
  lapply(candidates, function(text) checked(fit, score_test(fit, text, clusters)))
}

# Without the robust part this is modindices(), where that lists the candidate.
checked <- function(fit, found) {
  listed <- modindices(fit)
  row <- listed[addresses(listed) == paste(found$lhs[1], found$op[1], found$rhs[1]), ]
  if (found$df == 1 && nrow(row) == 1) {
    stopifnot(all.equal(c(row$mi, row$epc), c(found$mi, found$epc)))
    found$sepc <- row$sepc.all
  }
  found
}

data <- read.csv(arguments[1])
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))
pupils <- function(model) lavaan_object(model, data, estimator = "ML", fixed.x = FALSE)
three_factors <- lavaan_object(THREE_FACTORS, holzinger, estimator = "ML", fixed.x = FALSE)
reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = list(base = BASE_MODEL, instruments = INSTRUMENTS, equal = EQUAL,
                three_factors = THREE_FACTORS),
  base = score_tests(pupils(BASE_MODEL), CANDIDATES$base, data$school_id),
  instruments = score_tests(pupils(INSTRUMENTS), CANDIDATES$instruments, data$school_id),
  equal = score_tests(pupils(EQUAL), CANDIDATES$equal, data$school_id),
  three_factors = score_tests(three_factors, CANDIDATES$three_factors)
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
