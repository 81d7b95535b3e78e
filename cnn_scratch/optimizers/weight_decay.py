"""Which parameters have no weight decay."""

import re
from collections.abc import Sequence

from cnn_scratch.parameter import Parameter


class ExclusionFromDecay:
    """The part of an optimizer that knows which parameters are left out of the weight decay."""

    built: bool
    _excluded_parameters: Sequence[Parameter] = ()
    _excluded_names: re.Pattern | None = None

    def exclude_from_weight_decay(
        self, var_list: Sequence[Parameter] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave some parameters out of the weight decay; to be called before the first step.

        Args:
            var_list: parameters to leave out.
            var_names: every parameter whose path contains one of these (``["bias"]``) is left out.

        Raises:
            ValueError: the optimizer has been built already.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the optimizer is built."
            )
        self._excluded_parameters = list(var_list or [])
        self._excluded_names = re.compile("|".join(var_names)) if var_names else None

    def _excludes_any(self) -> bool:
        return bool(self._excluded_parameters) or self._excluded_names is not None

    def _is_decayed(self, parameter: Parameter) -> bool:
        if any(parameter is excluded for excluded in self._excluded_parameters):
            return False
        return self._excluded_names is None or not self._excluded_names.search(parameter.path)
