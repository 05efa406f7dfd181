"""Why the chain refuses a call, by the names that it gives its errors.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/macros/errors.rs.
"""


class Refusal(ValueError):
    """A call that the chain refuses; the class is the chain's name for the reason."""


class CommitRevealEnabled(Refusal):
    """Weights must be committed first on this subnet."""


class CommitRevealDisabled(Refusal):
    """Weights are set directly on this subnet."""


class CanNotSetRootNetworkWeights(Refusal):
    """Subnet 0 has no miners to weigh."""


class WeightVecNotEqualSize(Refusal):
    """Not as many values as uids."""


class MechanismDoesNotExist(Refusal):
    """The subnet has fewer mechanisms."""


class UidsLengthExceedUidsInSubNet(Refusal):
    """More entries than there are uids."""


class HotKeyNotRegisteredInSubNet(Refusal):
    """The caller has no uid here."""


class NotEnoughStakeToSetWeights(Refusal):
    """The caller's stake is below the threshold."""


class IncorrectWeightVersionKey(Refusal):
    """The caller's software is older than the subnet asks for."""


class SettingWeightsTooFast(Refusal):
    """The last weights were set too few blocks ago."""


class CommittingWeightsTooFast(Refusal):
    """The last weights were committed too few blocks ago."""


class NeuronNoValidatorPermit(Refusal):
    """Only uids with a permit may weigh others."""


class DuplicateUids(Refusal):
    """A uid is weighed twice."""


class UidVecContainInvalidOne(Refusal):
    """A uid that does not exist is weighed."""


class WeightVecLengthIsLow(Refusal):
    """Fewer entries than the subnet asks for."""


class MaxWeightExceeded(Refusal):
    """One entry has more than the allowed share; the limit is the whole."""


class TooManyUnrevealedCommits(Refusal):
    """Ten commits wait already."""


class NoWeightsCommitFound(Refusal):
    """There is nothing to reveal."""


class ExpiredWeightCommit(Refusal):
    """The commit should have been revealed earlier."""


class InvalidRevealCommitHashNotMatch(Refusal):
    """No commit has the hash of these weights and this salt."""


class RevealTooEarly(Refusal):
    """The epoch to reveal in has not come."""


class IncorrectCommitRevealVersion(Refusal):
    """The client encrypts in another format than the chain decrypts."""


class CommitTooLong(Refusal):
    """The encrypted weights have too many bytes."""


class InvalidValue(Refusal):
    """A pool's weight would fall below a hundredth."""


class RegistrationNotPermittedOnRootSubnet(Refusal):
    """Subnet 0 takes no registrations by burn."""


class SubnetNotExists(Refusal):
    """There is no subnet of that number."""


class SubNetRegistrationDisabled(Refusal):
    """The owner has closed registration."""


class HotKeyAlreadyRegisteredInSubNet(Refusal):
    """The hotkey has a uid here already."""


class NotEnoughBalanceToStake(Refusal):
    """The coldkey can't pay the burn."""


class NonAssociatedColdKey(Refusal):
    """The hotkey belongs to another coldkey."""


class NoNeuronIdAvailable(Refusal):
    """The subnet is full, and nobody may be replaced."""


class RegistrationPriceLimitExceeded(Refusal):
    """The burn is above what the caller was willing to pay."""


class SubnetLimitReached(Refusal):
    """There are 128 subnets, and all are immune."""
