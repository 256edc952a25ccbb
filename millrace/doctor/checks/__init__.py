"""The checks: pure functions from what AWS answered to a finding. A file for each box of the architecture."""
