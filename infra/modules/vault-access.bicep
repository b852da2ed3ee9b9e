metadata description = 'Who may use the secrets of the vault, which may lie in another resource group.'

@description('Name of the vault.')
param vaultName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Object id of a person or group who may write API keys. Empty: nobody.')
param keyWriterObjectId string

@description('What that object id is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param keyWriterType string

// Secrets Officer: the app reads the API keys, makes and removes those that it is given by its API, and makes the secrets
// that it hashes addresses with. A role on single secrets is no way, as they do not exist before the app makes them.
var secretsOfficer = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
)

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, secretsOfficer)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsOfficer
  }
}

resource keyWriterRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(keyWriterObjectId)) {
  scope: vault
  name: guid(vault.id, keyWriterObjectId, secretsOfficer)
  properties: {
    principalId: keyWriterObjectId
    principalType: keyWriterType
    roleDefinitionId: secretsOfficer
  }
}
