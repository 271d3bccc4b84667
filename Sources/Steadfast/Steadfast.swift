// One import for library users: every room of the house.
@_exported import Continual
@_exported import Distributed
@_exported import ImageData
@_exported import Lipschitz
@_exported import OperatorNorms
@_exported import RandomStreams
@_exported import Reporting
@_exported import ResidualNets
@_exported import Results
@_exported import Robustness
@_exported import Studies
@_exported import TensorFiles
@_exported import TorchCore
