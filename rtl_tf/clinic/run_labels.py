"""What people have labelled for a run, as it is now: more may have come since, or the data may have gone."""

from rtl_tf import datasets
from rtl_tf.records import Sample
from rtl_tf.runs.run import Run


def labels_of(run: Run) -> list[Sample]:
    """All samples of its data, of whatever part. InputError where they cannot be read any more."""
    told = run.resolved
    as_written = bool(told.get("subjects_as_written"))
    return datasets.load(data_of(run), run.schema_source, size=told["image_size"], subjects_as_written=as_written)


def data_of(run: Run) -> str:
    """By what its data are found."""
    return run.resolved.get("data") or run.resolved["data_name"]
