from ledger.models.rows import Coverage, RawPage, ReportedBalance, SeenRow, Sighting, SourceRow

__all__ = ["Coverage", "RawPage", "ReportedBalance", "SeenRow", "Sighting", "SourceRow"]
