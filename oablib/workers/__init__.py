"""Work in processes here or on a Dask cluster, and the versions of what computes."""
