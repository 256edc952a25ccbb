"""Data capture: scored rows as Parquet files in S3. docs/capture.md; the reasons: docs/adr/0055.

`columns` says what a row has, `parquet` writes files, `serving.capture` decides when. Imported only if there is a
bucket for it; readers are in `millrace.capture`.
"""
