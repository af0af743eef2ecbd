"""The archive: the journal as Parquet files with a manifest, and a journal rebuilt from them. docs/archive.md has the
format. The only place that knows pyarrow, which is an extra: import these modules where they are used."""
