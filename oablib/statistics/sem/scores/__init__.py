"""What freeing parameters would do: score tests, modification indices, tests of equalities."""
