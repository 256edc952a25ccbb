"""The operators that a graph may have: pure, deterministic, of tensors, and done within a bounded time.

https://onnx.ai/onnx/operators/. Left out are control flow (If, Loop, Scan, SequenceMap), sequences, maps, optionals and
texts; random numbers; and trees, which the native engine scores some 25 times as fast (docs/deep.md).
"""

from __future__ import annotations

ONNX, ML = "", "ai.onnx.ml"
# How domains are written.
DOMAINS = {"": ONNX, "ai.onnx": ONNX, ML: ML}

_ACCEPTED_ONNX = """
Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization BitwiseAnd
BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Compress Concat Constant ConstantOfShape Conv
ConvTranspose Cos Cosh CumSum DepthToSpace Det Div Dropout Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU
Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization
LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization Min
Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2
ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
RotaryEmbedding Round ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus
Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze
Upsample Where Xor
"""
_ACCEPTED_ML = """
ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer OneHotEncoder
SVMClassifier SVMRegressor Scaler
"""
# Integer arithmetic, which differs between kinds of processors: docs/adr/0051.
_QUANTIZED = """
ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear
"""
ACCEPTED = {ONNX: frozenset(_ACCEPTED_ONNX.split()), ML: frozenset(_ACCEPTED_ML.split())}
QUANTIZED = frozenset(_QUANTIZED.split())
_INSTEAD = {
    "ZipMap": "export scikit-learn's classifiers with zipmap=False",
    "TreeEnsemble": "no trees in ONNX: train with XGBoost or LightGBM, which the native engine scores",
    "TreeEnsembleClassifier": "no trees in ONNX: train with XGBoost or LightGBM, which the native engine scores",
    "TreeEnsembleRegressor": "no trees in ONNX: train with XGBoost or LightGBM, which the native engine scores",
    "StringNormalizer": "no texts in the graph: the manifest describes how a text becomes numbers",
    "TfIdfVectorizer": "no texts in the graph: the manifest describes how a text becomes numbers",
    **dict.fromkeys(("If", "Loop", "Scan", "SequenceMap"), "no control flow, whose duration has no bound"),
    **dict.fromkeys(
        ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
        "no random numbers: copies of a prediction must be the same",
    ),
}


def trouble(domain: str, name: str, *, quantized: bool) -> str:
    """Why a graph may not have an operator; nothing where it may. domain : a value of DOMAINS."""
    if domain == ONNX and name in QUANTIZED:
        return "" if quantized else "quantised operators score differently on other processors: accept it (--quantized)"
    if name in ACCEPTED[domain]:
        return ""
    return _INSTEAD.get(name, "not one that Millrace accepts; docs/deep.md lists them")
