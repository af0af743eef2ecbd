"""The journal as Parquet files, and back."""
