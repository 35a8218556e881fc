"""The fits that both sides have made: of one group, with and without latent variables."""

from typing import Any

from lavaan_reference import Case, stored

CLUSTER: dict[str, Any] = {"cluster": "school_id"}
CONDITIONAL: dict[str, Any] = {"likelihood": "conditional"}
EXPECTED: dict[str, Any] = {"errors": "expected"}
OBSERVED: dict[str, Any] = {"errors": "observed"}
NO_MEANS: dict[str, Any] = {"mean_structure": False}

BASE = [
    Case("base_model", "cluster", "model", options=CLUSTER),
    Case("base_model", "huber_white", "model"),
    Case("base_model", "expected", "model", options=EXPECTED),
    Case("base_model", "observed", "model", options=OBSERVED),
    Case("base_model", "conditional_cluster", "model", options=CLUSTER | CONDITIONAL),
    Case("base_model", "conditional_expected", "model", options=CONDITIONAL | EXPECTED),
    Case("base_model", "covariances", "covariances_model", options=CLUSTER),
    Case("base_model", "instruments", "instruments_model", options=CLUSTER),
    Case("base_model", "uncorrelated", "uncorrelated_model", options=CLUSTER),
]

HOLZINGER, DEMOCRACY = "holzinger_swineford", "political_democracy"
LATENT = [
    Case("latent", "three_factors", "three_factors", HOLZINGER),
    Case("latent", "three_factors_observed", "three_factors", HOLZINGER, OBSERVED),
    Case("latent", "three_factors_expected", "three_factors", HOLZINGER, EXPECTED),
    Case("latent", "three_factors_no_means", "three_factors", HOLZINGER, NO_MEANS | EXPECTED),
    Case("latent", "three_factors_no_means_robust", "three_factors", HOLZINGER, NO_MEANS),
    Case("latent", "unit_variance", "unit_variance", HOLZINGER),
    Case("latent", "bollen", "bollen", DEMOCRACY),
    Case("latent", "bollen_observed", "bollen", DEMOCRACY, OBSERVED),
    Case("latent", "bollen_expected", "bollen", DEMOCRACY, EXPECTED),
    Case("latent", "bollen_equal", "bollen_equal", DEMOCRACY),
    Case("latent", "bollen_equal_observed", "bollen_equal", DEMOCRACY, OBSERVED),
    Case("latent", "bollen_equal_expected", "bollen_equal", DEMOCRACY, EXPECTED),
    Case("latent", "bollen_equal_no_means", "bollen_equal", DEMOCRACY, NO_MEANS | EXPECTED),
]
TEXTS = [Case("latent", f"texts/{text}", text, HOLZINGER) for text in stored("latent")["texts"]]
TEXTS += [
    Case("latent", f"texts_conditional/{text}", text, HOLZINGER, CONDITIONAL)
    for text in stored("latent")["texts_conditional"]
]
LABELS = [
    Case("labels", f"texts/{text}", text, options=CLUSTER) for text in stored("labels")["texts"]
]
LABELS += [Case("labels", "mediation_conditional", "mediation", options=CONDITIONAL)]
WEIGHTED: dict[str, Any] = {"weights": "weight"}
WEIGHTS = [
    Case("weights", "huber_white", "model", options=WEIGHTED),
    Case("weights", "cluster", "model", options=WEIGHTED | CLUSTER),
    Case("weights", "conditional_cluster", "model", options=WEIGHTED | CLUSTER | CONDITIONAL),
]
ONE_GROUP = [*BASE, *LATENT, *TEXTS, *LABELS, *WEIGHTS]
