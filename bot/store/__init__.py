"""The database: tables by subject, encryption, migrations."""
