"""Whether predictions hold for children whom the model has not seen, as registers know them.

The analysis model becomes a prediction model; schools are split again and again into a part to
learn from and a part to be predicted.
"""

from oablib.analysis.prediction.methods import Predicted, Trained, composition, imputed_of, train
from oablib.analysis.prediction.register import applies, fill, known, lay
from oablib.analysis.prediction.settings import Rules, rules
from oablib.analysis.prediction.study import Prediction, predict
