from tests.unit.millrace.batch.conftest import batch, clients

__all__ = ["batch", "clients"]
