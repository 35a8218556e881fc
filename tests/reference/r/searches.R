# Rscript searches.R DATA.csv OUT.json
# The models of searches.json beside DATA.csv, which make_searches.py wrote, at lavaan's own starts
# and stopping rule: where these searches end is what is compared. With limits, which some estimates
# reach, nlminb is set to search closely; no Newton step could follow.
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))

folder <- dirname(arguments[1])
cases <- fromJSON(file.path(folder, "searches.json"), simplifyDataFrame = FALSE)

fitted <- lapply(cases, function(case) {
  names <- paste0("x", seq_len(nrow(case$cov)))
  dimnames(case$cov) <- list(names, names)
  fit <- quietly(sem(
    case$text, sample.cov = case$cov, sample.mean = setNames(numeric(length(names)), names),
    sample.nobs = case$n, sample.cov.rescale = FALSE, meanstructure = TRUE, fixed.x = FALSE,
    bounds = case$bounds, control = if (case$bounds == "none") list() else CONTROL,
    optim.force.converged = case$bounds != "none"
  ))
  estimates <- lavInspect(fit, "est")
  table <- parTable(fit)
  kept <- table$free > 0
  result <- list(name = case$name, converged = lavInspect(fit, "converged"))
  if (result$converged) {
    result$loglik <- fitMeasures(fit, "logl")[[1]]
    result$smallest_variance <- min(diag(estimates$theta), diag(estimates$psi))
    result$smallest_eigenvalue <- min(eigen(estimates$psi)$values)
  }
  if (case$bounds != "none") {
    result$parameters <- table[kept, c("lhs", "op", "rhs", "est", "se", "lower", "upper")]
  }
  result
})
write_reference(list(made_with = made_with(c("lavaan", "jsonlite")), fits = fitted), arguments[2],
                digits = ENOUGH_DIGITS)
