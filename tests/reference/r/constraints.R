# Rscript constraints.R DATA.csv OUT.json
# Equalities and limits of parameters, and effect coding.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
pupils <- read.csv(arguments[1])
holzinger <- read.csv(file.path(dirname(arguments[1]), "holzinger_swineford.csv"))

PATHS <- "
  cito ~ n*nscct + a*education_father + b*education_mother + o*origin
  nscct ~ c*education_father + d*education_mother
"
MEDIATION <- "
  cito ~ b*nscct + c*education_mother
  nscct ~ a*education_mother
  indirect := a*b
  total := indirect + c
"
FACTORS <- "
  visual  =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed   =~ x7 + x8 + x9
"
WAVES <- "
  cito ~ c(n1, n2)*nscct + c(a1, a2)*education_mother + c(m1, m2)*1
  nscct ~ c(b1, b2)*education_mother
"
MODELS <- list(
  paths = PATHS,
  ratio = paste(PATHS, "a == 2*b"),
  sum_and_ratio = paste(PATHS, "n + a == 1\n a/2 == b"),
  redundant = paste(PATHS, "a == 2*b\n t := n*c + a/2\n t == n*c + b"),
  indirect = paste(MEDIATION, "a + b == 1"),
  product = "
    cito ~ b*nscct + c*education_mother
    nscct ~ a*education_mother
    total := a*b + c
    a*b == 0.3
  ",
  curves = paste(MEDIATION, "a == b^2 + 0.4\n total < exp(c) - 0.7"),
  variances = "
    education_father ~ a*origin
    education_mother ~ b*origin
    education_father ~~ v*education_father
    education_mother ~~ w*education_mother
    education_father ~~ education_mother
    education_father ~ i*1
    education_mother ~ j*1
    w == 1.2*v
    i + j == 0.3
    a - b == 0.1
  ",
  factors = FACTORS,
  waves = paste(WAVES, "a1 == a2\n n1 + n2 == 0.8\n m1 == m2 + 1\n b1 == 2*b2"),
  inactive = paste(PATHS, "n > 0\n a < 3*b\n a == 0.9*b"),
  active = paste(PATHS, "o > 0"),
  active_pair = paste(PATHS, "a > b + 0.3\n n > 0.1"),
  active_beside_equality = paste(PATHS, "a == 2*b\n o > 0\n n < 0.5")
)

# Beside constraints a sharper rule than lavaan's own makes nlminb stop far from the optimum.
OWN <- list()

clustered <- function(name, ...) {
  lavaan_object(MODELS[[name]], pupils, estimator = "MLR", cluster = "school_id", fixed.x = FALSE,
                control = OWN, ...)
}
coded <- function(..., effect.coding = c("loadings", "intercepts"), estimator = "MLR") {
  lavaan_object(FACTORS, holzinger, estimator = estimator, effect.coding = effect.coding,
                control = OWN, ...)
}
printed <- function(fit) I(trimws(utils::capture.output(print(summary(fit))), which = "right"))

reference <- list(
  made_with = made_with(c("lavaan", "jsonlite")),
  models = MODELS,
  ratio = described_with_candidates(clustered("ratio")),
  ratio_expected = lavaan_fit(MODELS$ratio, pupils, estimator = "ML", fixed.x = FALSE,
                              control = OWN),
  ratio_conditional = lavaan_fit(MODELS$ratio, pupils, estimator = "MLR", fixed.x = TRUE,
                                 control = OWN),
  sum_and_ratio = described(clustered("sum_and_ratio")),
  redundant = described(clustered("redundant")),
  indirect = described(clustered("indirect")),
  product = described(clustered("product")),
  product_expected = lavaan_fit(MODELS$product, pupils, estimator = "ML", fixed.x = FALSE,
                                control = OWN),
  curves = described(clustered("curves")),
  variances = described(clustered("variances")),
  waves = described(clustered("waves", group = "wave")),
  coded = described_with_candidates(coded()),
  coded_observed = described(coded(estimator = "ML", information = "observed")),
  coded_loadings = described(coded(effect.coding = "loadings", meanstructure = FALSE)),
  coded_intercepts = described(coded(effect.coding = "intercepts")),
  coded_schools = described(coded(group = "school", group.equal = c("loadings", "intercepts"))),
  inactive = described(clustered("inactive")),
  active = described(clustered("active")),
  active_pair = described(clustered("active_pair")),
  active_beside_equality = described(clustered("active_beside_equality")),
  likelihood_ratio = likelihood_ratio(clustered("ratio"), clustered("paths")),
  printed = printed(clustered("active_beside_equality"))
)
write_reference(reference, arguments[2], digits = ENOUGH_DIGITS)
