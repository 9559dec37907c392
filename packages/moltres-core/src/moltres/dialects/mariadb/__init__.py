"""MariaDB through PyMySQL (``mariadb+pymysql://…``): its dialect, and its types."""

from .dialect import MariaDBDialect

__all__ = ["MariaDBDialect"]
