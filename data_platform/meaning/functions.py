"""What the functions of SQL do to a meaning, by the class or name that the parser gives them."""

from sqlglot import exp

SUMS = (exp.Sum,)
MEANS = (exp.Avg,)
MEDIANS = (exp.Median, exp.Quantile, exp.PercentileCont, exp.PercentileDisc, exp.ApproxQuantile)
SPREADS = (exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop)
COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct)
# One of the values, chosen by order or at will.
ONE_OF = (
    exp.Max,
    exp.Min,
    exp.First,
    exp.Last,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
    exp.Mode,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.Lag,
    exp.Lead,
    exp.ArrayAgg,
)
# One row's value, the same for each column of it: lag(key) and lag(value) come from one row.
SHIFTING = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
# Of a list of values, as of a group of them.
SUMS_BY_NAME = frozenset({"list_sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow"})
MEANS_BY_NAME = frozenset({"list_avg", "mean", "favg"})
MEDIANS_BY_NAME = frozenset(
    {"list_median", "quantile", "quantile_cont", "quantile_disc", "percentile_cont", "percentile_disc"}
)
SPREADS_BY_NAME = frozenset({"stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance", "mad", "sem"})
COUNTS_BY_NAME = frozenset({"count_star", "countif", "count_if", "approx_count_distinct"})
ONE_OF_BY_NAME = frozenset(
    {
        "list_max",
        "list_min",
        "list_first",
        "list_last",
        "arbitrary",
        "max_by",
        "min_by",
        "argmax",
        "argmin",
        "arg_max",
        "arg_min",
        "arg_max_null",
        "arg_min_null",
        "first",
    }
)
WEIGHTED_BY_NAME = frozenset({"wavg", "weighted_avg"})

# The value stays what it is.
KEEPING = (exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Trunc, exp.Nullif, exp.IgnoreNulls, exp.RespectNulls)
KEEPING_BY_NAME = frozenset({"trunc", "round_even", "roundbankers", "even"})
# A name in another dress is the same name.
KEEPING_NAMES = (exp.Trim, exp.Upper, exp.Lower, exp.Pad)
# Different values stay different, so that what is grouped by them is grouped by their columns.
TELLING_APART = (
    exp.Cast,
    exp.TryCast,
    exp.Concat,
    exp.ConcatWs,
    exp.DPipe,
    exp.MD5,
    exp.SHA,
    exp.SHA2,
    exp.Struct,
    exp.Array,
    exp.Tuple,
    exp.Coalesce,
    exp.Nullif,
    exp.Paren,
    exp.Trim,
    exp.Upper,
    exp.Lower,
    exp.Pad,
    exp.Case,
    exp.If,
    exp.Alias,
    exp.PropertyEQ,
)
TELLING_APART_BY_NAME = frozenset({"hash", "to_json", "row", "struct_pack", "list_value", "format", "printf", "sha256"})

# date_diff counts boundaries of a part: how many of which unit.
DATE_PARTS = {
    "microsecond": "microsecond",
    "millisecond": "millisecond",
    "second": "second",
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
}
NUMERIC = exp.DataType.NUMERIC_TYPES | exp.DataType.TEXT_TYPES
