"""Cache policies of users, which see what the user gave."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefect.cache_policies import NO_CACHE, CachePolicy

from moltres.errors import ConfigurationError
from moltres_prefect.identity import CallKey
from moltres_prefect.sql_files import is_file, read_file

if TYPE_CHECKING:
    from prefect.context import TaskRunContext


@dataclass
class UserInputs(CachePolicy):
    """The cache policy of a user, which sees what the user gave and not the key of the call.

    Args:
        policy: The policy.
    """

    policy: CachePolicy | None = None

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of the policy for what the user gave."""
        if self.policy is None:
            return None
        given = {name: None if isinstance(value, CallKey) else value for name, value in inputs.items()}
        query = given.get("query")
        if is_file(query):
            with suppress(ConfigurationError):  # which the task raises
                given["query"] = (query, read_file(query))  # the same path may hold other SQL the next time
        return self.policy.compute_key(task_ctx, given, flow_parameters, **kwargs)


def seen_by_users(policy: Any) -> Any:
    """A cache policy that does not see the key of a call; what is no policy comes back as it is."""
    if not isinstance(policy, CachePolicy) or policy == NO_CACHE or isinstance(policy, UserInputs):
        return policy
    return UserInputs(policy.key_storage, policy.isolation_level, policy.lock_manager, policy)
