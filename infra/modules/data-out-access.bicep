metadata description = 'Lets the app read the container with the data-out files, whose account may lie in another resource group.'

@description('Name of the storage account that Customer Insights exports to.')
param accountName string

@description('Name of the container.')
param containerName string

@description('Object id of the app\'s identity.')
param principalId string

// Storage Blob Data Reader
var blobDataReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
)

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: containerName
}

// On the container alone: the account is not the app's, and may hold other things.
resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, principalId, blobDataReader)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataReader
  }
}
