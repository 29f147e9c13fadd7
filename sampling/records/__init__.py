"""The books everybody writes in: people, cases, imports, the audit trail."""
