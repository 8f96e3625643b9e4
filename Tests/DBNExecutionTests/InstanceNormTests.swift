import DBNBatchNorm
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// InstanceNorms with running statistics, whose tensors are those of a BatchNorm.
struct InstanceNormTests {
  private func program(_ name: String) throws -> Checkpoint {
    let file = Fixture("export/layers/2.13").file("\(name).pt2")
    return try TorchCheckpoint.read(MappedFile.open(file))
  }

  @Test func aProgramShowsThatTheyAreNoBatchNorms() throws {
    let stateDict = try program("norms").stateDict()
    let survey = BatchNormSurvey(stateDict)
    #expect(survey.sites.isEmpty && survey.unrecognised.isEmpty)
    #expect(Set(survey.leftAlone.map(\.name)) == ["tracked", "statistics"])
    #expect(survey.leftAlone.allSatisfy { $0.reason.contains("InstanceNorm") })
  }

  @Test func aFileThatWasConvertedFromAProgramShowsItToo() throws {
    let program = try program("norms")
    let stateDict = try program.stateDict()
    let converted = Checkpoint(root: .dictionary(stateDict.dictionary), graph: program.graph)
    #expect(BatchNormSurvey(try converted.stateDict()).sites.isEmpty)
    let other = Checkpoint(root: .dictionary(stateDict.dictionary))
    #expect(BatchNormSurvey(try other.stateDict()).sites.map(\.name) == ["tracked", "statistics"])
  }

  @Test func aBatchNormBesideThemIsOne() throws {
    let stateDict = try program("generator").stateDict()
    #expect(BatchNormSurvey(stateDict).sites.map(\.name) == ["norm", "last"])
  }

  @Test func aNoteSaysThatTrainingDoesNotUpdateTheirStatistics() throws {
    let notes = try #require(try program("instance-norm-train").model()).notes
    #expect(notes.contains { $0.contains("running statistics") }, "\(notes)")
    #expect(try #require(try program("norms").model()).notes.isEmpty)
  }
}
